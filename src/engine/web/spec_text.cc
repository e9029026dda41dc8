// SPDX-License-Identifier: MIT
#include "engine/web/spec_text.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"

namespace ck::web {

namespace {

class Reader : state::SpecReader {
 public:
  std::expected<WebSpec, SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) { read_record(record, line); });
    if (!errors().empty()) return std::unexpected(errors());
    if (spec_.listeners.empty()) (void)spec_.listeners.push_back({});
    if (spec_.sources.empty()) spec_.sources = access::standard_networks();
    return spec_;
  }

 private:
  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "serve") return read_serve(record, line);
    if (kind == "listen") return read_listen(record, line);
    if (kind == "source") return read_source(record, line);
    complain("", "not a kind of record");
  }

  void read_switch(const state::Record& record, std::string_view key, bool& target) {
    auto value = record.raw(key);
    if (!value) return;
    if (*value != "on" && *value != "off") return complain(key, "neither on nor off");
    target = *value == "on";
  }

  void read_serve(const state::Record& record, std::string_view line) {
    only(record, line, {"http", "logs"});
    read_switch(record, "http", spec_.http);
    read_switch(record, "logs", spec_.logs);
  }

  void read_listen(const state::Record& record, std::string_view line) {
    only(record, line, {"port", "address"});
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
    for (const Listener& taken : spec_.listeners)
      if (taken.port == listener.port && overlap(taken.address, listener.address))
        return complain("port", "already listened on");
    if (!spec_.listeners.push_back(listener)) complain("", state::kOneTooMany);
  }

  void read_source(const state::Record& record, std::string_view line) {
    only(record, line, {"network", "public"});
    auto network = access::parse_network(record.text<256>("network"));
    if (!network) return complain("network", "not a network");
    auto consent = record.text<256>("public");
    if (!consent.empty() && consent != "yes") return complain("public", "not yes");
    if (access::is_public(*network) && consent.empty())
      return complain("network", "a public network, without public=yes");
    if (!spec_.sources.push_back(*network)) complain("", state::kOneTooMany);
  }

  WebSpec spec_;
};

}  // namespace

std::expected<WebSpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::web
