// SPDX-License-Identifier: MIT
// PDUs from any bytes: the header, the bodies, as a stream through a PduPipe, and as a conversation before the
// Inspector. What comes out of a pipe in PDUs is what went in, in order; no body reaches beyond its PDU.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "engine/gateway/inspector.h"
#include "engine/gateway/pdu_pipe.h"
#include "wire/dcerpc/management.h"

namespace {

using namespace ck;

void read_bodies(const dcerpc::Header& header, Bytes pdu) {
  if (auto bind = dcerpc::parse_bind(header, pdu); bind && bind->contexts.empty()) std::abort();
  if (auto ack = dcerpc::parse_bind_ack(header, pdu); ack && ack->results.empty()) std::abort();
  (void)dcerpc::parse_bind_nak(header, pdu);
  if (auto request = dcerpc::parse_request(header, pdu); request && request->stub_size >= pdu.size()) std::abort();
  if (auto response = dcerpc::parse_response(header, pdu); response && response->stub_size >= pdu.size()) std::abort();
  (void)dcerpc::parse_fault(header, pdu);
  (void)dcerpc::read_is_listening(header, pdu);
  (void)dcerpc::read_serves(header, pdu, dcerpc::kKmsInterface);
}

// Each PDU's direction is that of its type.
void converse(Bytes input, const gateway::Policy& policy) {
  gateway::Inspector inspector(policy);
  while (!input.empty()) {
    auto direction = dcerpc::Direction::FromClient;
    auto header = dcerpc::parse_header(input, direction);
    if (!header) {
      direction = dcerpc::Direction::FromServer;
      header = dcerpc::parse_header(input, direction);
    }
    if (!header || header->fragment_length > input.size()) return;
    Bytes pdu = input.first(header->fragment_length);
    bool from_client = direction == dcerpc::Direction::FromClient;
    if (!from_client && !inspector.has_bind()) return;
    auto verdict = from_client ? inspector.from_client(*header, pdu) : inspector.from_server(*header, pdu);
    if (verdict == gateway::Verdict::Open || inspector.running() > gateway::kMaxCallsAtOnce + 1) std::abort();
    if (!from_client && verdict && inspector.fault_text().empty()) std::abort();
    if (verdict && policy.mode != gateway::Mode::Monitor) return;
    input = input.subspan(header->fragment_length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto direction = data[0] & 1 ? dcerpc::Direction::FromServer : dcerpc::Direction::FromClient;
  size_t piece = 1 + (data[0] >> 1);
  Bytes input(data + 1, size - 1);

  if (auto header = dcerpc::parse_header(input, direction)) {
    if (header->fragment_length < dcerpc::kHeaderSize || header->fragment_length > dcerpc::kMaxFragment) std::abort();
    if (header->fragment_length < dcerpc::least_size(header->type, header->flags)) std::abort();
    if (auto addressee = dcerpc::addressee_of(input); !addressee || addressee->call_id != header->call_id) std::abort();
    if (header->fragment_length <= input.size()) read_bodies(*header, input.first(header->fragment_length));
  }
  gateway::Policy policy = gateway::Policy::standard();
  policy.mode = data[0] & 2 ? gateway::Mode::Monitor : gateway::Mode::Enforce;
  policy.alter = data[0] & 4 ? gateway::Alter::Validated : gateway::Alter::Denied;
  converse(input, policy);

  static std::array<uint8_t, gateway::kBufferStride> memory;
  gateway::Buffers buffers(memory);
  std::vector<uint8_t> passed;
  size_t read = 0;
  {
    gateway::PduPipe pipe(buffers, direction);
    for (;;) {
      if (pipe.complete()) {
        Bytes unit = pipe.unsent();
        passed.insert(passed.end(), unit.begin(), unit.end());
        pipe.sent(unit.size());
        if (pipe.pop()) break;
        continue;
      }
      size_t count = std::min({piece, input.size() - read, pipe.room().size()});
      std::copy_n(input.begin() + static_cast<ptrdiff_t>(read), count, pipe.room().begin());
      read += count;
      if (pipe.received(count) || count == 0) break;
    }
  }
  if (buffers.taken() != 0) std::abort();
  if (passed.size() > read || !std::equal(passed.begin(), passed.end(), input.begin())) std::abort();
  return 0;
}
