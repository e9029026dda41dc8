// SPDX-License-Identifier: MIT
#include "engine/web/spec_text.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"
#include "wire/state/record.h"

namespace ck::web {

namespace {

constexpr std::string_view kFull = "one too many";

class Reader {
 public:
  std::expected<WebSpec, SpecErrors> read(std::string_view text) {
    Splitter lines(text, '\n');
    for (line_ = 1; auto line = lines.next(); ++line_) {
      std::string_view trimmed = trim(*line);
      if (trimmed.empty() || trimmed.starts_with('#')) continue;
      read_record(state::Record(trimmed), trimmed);
    }
    if (!errors_.empty()) return std::unexpected(errors_);
    if (spec_.listeners.empty()) (void)spec_.listeners.push_back({});
    if (spec_.sources.empty()) spec_.sources = access::standard_networks();
    return spec_;
  }

 private:
  void complain(std::string_view key, std::string_view complaint) {
    (void)errors_.push_back({.line = line_, .key = FixedString<32>(key), .complaint = complaint});
  }

  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "serve") return read_serve(record, line);
    if (kind == "listen") return read_listen(record, line);
    if (kind == "source") return read_source(record, line);
    complain("", "not a kind of record");
  }

  void only(std::string_view line, std::initializer_list<std::string_view> keys) {
    Splitter words(line, ' ');
    (void)words.next();  // the kind
    while (auto word = words.next()) {
      if (word->empty()) continue;
      std::string_view key = word->substr(0, word->find('='));
      if (key.size() == word->size())
        complain(key, "not KEY=VALUE");
      else if (std::find(keys.begin(), keys.end(), key) == keys.end())
        complain(key, "not a key of this record");
    }
  }

  void read_switch(const state::Record& record, std::string_view key, bool& target) {
    auto value = record.raw(key);
    if (!value) return;
    if (*value != "on" && *value != "off") return complain(key, "neither on nor off");
    target = *value == "on";
  }

  void read_serve(const state::Record& record, std::string_view line) {
    only(line, {"http", "logs"});
    read_switch(record, "http", spec_.http);
    read_switch(record, "logs", spec_.logs);
  }

  void read_listen(const state::Record& record, std::string_view line) {
    only(line, {"port", "address"});
    Listener listener;
    if (record.raw("port")) {
      auto port = parse_u16(record.text<256>("port"));
      if (!port || *port == 0) return complain("port", "not a port");
      listener.port = *port;
    }
    if (record.raw("address")) {
      listener.address = parse_ip(record.text<256>("address"));
      if (!listener.address) return complain("address", "not an address");
    }
    if (std::find(spec_.listeners.begin(), spec_.listeners.end(), listener) != spec_.listeners.end())
      return complain("port", "already listened on");
    if (!spec_.listeners.push_back(listener)) complain("", kFull);
  }

  void read_source(const state::Record& record, std::string_view line) {
    only(line, {"network", "public"});
    auto network = access::parse_network(record.text<256>("network"));
    if (!network) return complain("network", "not a network");
    auto consent = record.text<256>("public");
    if (!consent.empty() && consent != "yes") return complain("public", "not yes");
    if (access::is_public(*network) && consent.empty())
      return complain("network", "a public network, without public=yes");
    if (!spec_.sources.push_back(*network)) complain("", kFull);
  }

  WebSpec spec_;
  SpecErrors errors_;
  unsigned line_ = 0;
};

}  // namespace

std::expected<WebSpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::web
