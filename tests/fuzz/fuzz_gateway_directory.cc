// SPDX-License-Identifier: MIT
// The directory's stream of events: networks that come and go (from netd's records, the input's bytes), DNS answers
// built from the input for the question that was really asked, over UDP and TCP, cut short or spelled otherwise at
// will, connections that fail, reports about candidates, time. It must not trap, ask without end, ask over TCP what was
// not cut short, or offer an address of this machine.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "engine/gateway/directory.h"
#include "engine/gateway/report.h"

namespace {

using namespace ck;

struct Input {
  const uint8_t* data;
  size_t size;
  uint8_t byte() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  Bytes take(size_t count) {
    count = std::min(count, size);
    Bytes part(data, count);
    data += count;
    size -= count;
    return part;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input{data, size};
  SeededRandom random(3);
  static gateway::Directory* directory = nullptr;
  delete directory;
  directory = new gateway::Directory(random);
  TimePoint now = from_ms(1000);
  std::vector<gateway::Endpoint> endpoints;
  if (input.byte() & 1) endpoints.push_back(*gateway::parse_endpoint("kms.example.org"));
  directory->configure(endpoints, {}, now);

  std::array<uint8_t, dns::kMaxQuery> buffer;
  std::vector<uint8_t> asked;
  size_t slot = 0;
  std::array<bool, gateway::kQuerySlots> was_cut{};
  while (input.size > 0) {
    switch (input.byte() % 7) {
      case 0: {
        Bytes text = input.take(input.byte());
        directory->set_network(gateway::read_network(as_text(text)), now);
        break;
      }
      case 1:
        directory->set_network(
            gateway::read_network("dns address=192.0.2.53\ndomain name=x.org\naddress address=1.1.1.1/24\n"), now);
        break;
      case 2:
        for (unsigned count = 0; auto query = directory->next_query(buffer, now); ++count) {
          if (count > 10'000) std::abort();
          asked.assign(query->message.begin(), query->message.end());
          slot = query->slot;
          if (query->transport == resolver::Transport::Udp)
            was_cut[slot] = false;
          else if (!was_cut[slot])
            std::abort();
        }
        break;
      case 3: {
        if (asked.size() < 12) break;
        // The question as it was, records as the input says.
        std::vector<uint8_t> answer(asked.begin(), asked.end());
        uint8_t header = input.byte();
        answer[2] = header & 4 ? 0x83 : 0x81;
        answer[3] = static_cast<uint8_t>(0x80 | (header & 3));
        if (header & 8) answer[13] ^= 0x20;  // the first letter of the name
        uint8_t counts = input.byte();
        answer[7] = counts & 7;
        answer[9] = counts >> 3 & 3;
        answer[11] = 0;
        was_cut[slot] = was_cut[slot] || (header & 4) != 0;
        if (asked[11] != 0) answer.resize(answer.size() - 11);  // without the EDNS record
        Bytes records = input.take(input.byte());
        answer.insert(answer.end(), records.begin(), records.end());
        directory->received(slot, answer, now);
        break;
      }
      case 4: {
        auto candidates = directory->candidates(now);
        if (candidates.empty()) break;
        const auto& one = candidates[input.byte() % candidates.size()];
        if (input.byte() & 1)
          directory->failed(one, "refused", now);
        else
          directory->succeeded(one, 1, now);
        break;
      }
      case 5: now += Duration(input.byte() * 100); break;
      case 6: directory->send_failed(slot, "refused", now); break;
    }
    for (const auto& candidate : directory->candidates(now))
      if (directory->network().is_own(candidate.address)) std::abort();
  }
  static char text[8192];
  state::RecordWriter out(text);
  auto spec = std::make_unique<gateway::PoolSpec>();
  gateway::PoolView view{.spec = spec.get(), .directory = directory};
  gateway::write_report({}, gateway::Ledger(), {&view, 1}, now, out);
  return 0;
}
