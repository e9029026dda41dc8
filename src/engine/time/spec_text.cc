// SPDX-License-Identifier: MIT
#include "engine/time/spec_text.h"

#include <algorithm>

#include "base/text.h"

namespace ck::timekeeping {

namespace {

class Reader : state::SpecReader {
 public:
  std::expected<TimeSpec, SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) { read_record(record, line); });
    if (!errors().empty()) return std::unexpected(errors());
    return spec_;
  }

 private:
  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "server") {
      only(record, line, {"address", "name"});
      read_server(record);
    } else if (kind == "use") {
      only(record, line, {"learnt"});
      read_use(record);
    } else if (kind == "limits") {
      only(record, line, {"max-slew-ms"});
      read_limits(record);
    } else if (kind == "mode") {
      only(record, line, {"observe"});
      read_mode(record);
    } else {
      complain("", "not a kind of record");
    }
  }

  void read_server(const state::Record& record) {
    bool by_address = record.raw("address").has_value();
    if (by_address == record.raw("name").has_value()) return complain("", "a server has either an address or a name");
    std::string_view key = by_address ? "address" : "name";
    auto endpoint = resolver::parse_endpoint(record.text<264>(key), sntp::kPort);
    if (!endpoint || endpoint->address.has_value() != by_address)
      return complain(key, by_address ? "neither ADDRESS nor ADDRESS:PORT" : "neither NAME nor NAME:PORT");
    for (const resolver::Endpoint& other : spec_.servers)
      if (other.name == endpoint->name && other.port == endpoint->port) return complain(key, "the same server again");
    if (!spec_.servers.push_back(*endpoint)) complain("", state::kOneTooMany);
  }

  void read_use(const state::Record& record) {
    auto learnt = record.text<8>("learnt");
    if (learnt != "on" && learnt != "off") return complain("learnt", "neither on nor off");
    spec_.learnt = learnt == "on" ? UseLearnt::Yes : UseLearnt::No;
  }

  void read_limits(const state::Record& record) {
    auto number = parse_u32(record.text<16>("max-slew-ms"));
    if (!number || *number < 1 || *number > 5000) return complain("max-slew-ms", "not 1 to 5000 milliseconds");
    spec_.max_slew = Duration(*number);
  }

  void read_mode(const state::Record& record) {
    auto observe = record.text<8>("observe");
    if (observe != "on" && observe != "off") return complain("observe", "neither on nor off");
    spec_.mode = observe == "on" ? Mode::Observe : Mode::Set;
  }

  TimeSpec spec_;
};

}  // namespace

std::expected<TimeSpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::timekeeping
