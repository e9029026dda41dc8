// SPDX-License-Identifier: MIT
#include "engine/time/spec_text.h"

#include <algorithm>

#include "base/text.h"
#include "wire/state/record.h"

namespace ck::timekeeping {

namespace {

using Text = FixedString<264>;  // a name, brackets and a port fit

class Reader {
 public:
  std::expected<TimeSpec, SpecErrors> read(std::string_view text) {
    Splitter lines(text, '\n');
    for (line_ = 1; auto line = lines.next(); ++line_) {
      std::string_view trimmed = trim(*line);
      if (!trimmed.empty() && !trimmed.starts_with('#')) read_record(state::Record(trimmed), trimmed);
    }
    if (!errors_.empty()) return std::unexpected(errors_);
    return spec_;
  }

 private:
  void complain(std::string_view key, std::string_view complaint) {
    (void)errors_.push_back({.line = line_, .key = FixedString<32>(key), .complaint = complaint});
  }

  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "server") {
      only(line, {"address", "name"});
      read_server(record);
    } else if (kind == "use") {
      only(line, {"learnt"});
      read_use(record);
    } else if (kind == "limits") {
      only(line, {"max-slew-ms"});
      read_limits(record);
    } else {
      complain("", "not a kind of record");
    }
  }

  void only(std::string_view line, std::initializer_list<std::string_view> keys) {
    Splitter words(line, ' ');
    (void)words.next();  // the kind
    while (auto word = words.next()) {
      size_t equals = word->find('=');
      std::string_view key = word->substr(0, equals);
      if (word->empty()) continue;
      if (equals == std::string_view::npos)
        complain(key, "not KEY=VALUE");
      else if (std::find(keys.begin(), keys.end(), key) == keys.end())
        complain(key, "not a key of this record");
    }
  }

  void read_server(const state::Record& record) {
    bool by_address = record.raw("address").has_value();
    if (by_address == record.raw("name").has_value()) return complain("", "a server has either an address or a name");
    std::string_view key = by_address ? "address" : "name";
    auto endpoint = gateway::parse_endpoint(record.text<Text::capacity()>(key), sntp::kPort);
    if (!endpoint || endpoint->address.has_value() != by_address)
      return complain(key, by_address ? "neither ADDRESS nor ADDRESS:PORT" : "neither NAME nor NAME:PORT");
    for (const gateway::Endpoint& other : spec_.servers)
      if (other.name == endpoint->name && other.port == endpoint->port) return complain(key, "the same server again");
    if (!spec_.servers.push_back(*endpoint)) complain("", "one too many");
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

  TimeSpec spec_;
  SpecErrors errors_;
  unsigned line_ = 0;
};

}  // namespace

std::expected<TimeSpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::timekeeping
