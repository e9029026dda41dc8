// SPDX-License-Identifier: MIT
#include "engine/gateway/spec_text.h"

#include <algorithm>

#include "base/text.h"

namespace ck::gateway {

namespace {

state::Complaint read_number(const state::Field& field, uint32_t least, uint32_t most, uint16_t& target) {
  auto number = parse_u32(field.text);
  if (!number || *number < least || *number > most) return "not a number within its bounds";
  target = static_cast<uint16_t>(*number);
  return std::nullopt;
}

state::Complaint read_duration(const state::Field& field, Duration& target) {
  auto number = parse_u32(field.text);
  if (!number || *number < 10 || *number > 600'000) return "not 10 to 600000 milliseconds";
  target = Duration(*number);
  return std::nullopt;
}

// So many a minute.
state::Complaint read_pace(const state::Field& field, Duration& interval) {
  auto number = parse_u32(field.text);
  if (!number || *number < 1 || *number > 60'000) return "not 1 to 60000 a minute";
  interval = Duration(60'000 / *number);
  return std::nullopt;
}

constexpr state::Word<Mode> kModes[] = {{"enforce", Mode::Enforce}, {"monitor", Mode::Monitor}, {"learn", Mode::Learn}};
constexpr state::Word<Alter> kAlters[] = {{"denied", Alter::Denied}, {"validated", Alter::Validated}};
constexpr state::Word<Checks> kChecks[] = {{"active", Checks::Active}, {"none", Checks::None}};
constexpr state::Word<ProxyOut> kProxies[] = {{"none", ProxyOut::None}, {"v2", ProxyOut::Version2}};

state::Complaint read_address(const state::Field& field, Family family, std::optional<IpAddress>& target) {
  target = parse_ip(field.text);
  if (!target || target->family != family) return family == Family::V4 ? "not an IPv4 address" : "not an IPv6 address";
  return std::nullopt;
}

state::Complaint set_pool_field(const state::Field& field, PoolSpec& pool) {
  if (field.key == "name") return std::nullopt;  // read before
  if (field.key == "mode")
    return state::read_word(field, kModes, "neither enforce, monitor nor learn", pool.policy.mode);
  if (field.key == "alter") return state::read_word(field, kAlters, "neither denied nor validated", pool.policy.alter);
  if (field.key == "checks") return state::read_word(field, kChecks, "neither active nor none", pool.checks);
  if (field.key == "proxy") return state::read_word(field, kProxies, "neither none nor v2", pool.proxy);
  if (field.key == "calls") return read_number(field, 1, 1000, pool.policy.calls);
  if (field.key == "concurrency") return read_number(field, 1, kMaxConnections, pool.concurrency);
  if (field.key == "source4") return read_address(field, Family::V4, pool.source4);
  if (field.key == "source6") return read_address(field, Family::V6, pool.source6);
  if (field.key == "interface") {
    if (field.text.empty() || field.text.size() > pool.interface.capacity()) return "not a link's name";
    pool.interface = FixedString<15>(field.text.view());
    return std::nullopt;
  }
  return state::kUnknownKey;
}

state::Complaint set_limit(const state::Field& field, GatewaySpec& spec) {
  if (field.key == "connections") return read_number(field, 1, kMaxConnections, spec.connections);
  if (field.key == "per-source") return read_number(field, 1, kMaxConnections, spec.source.connections);
  if (field.key == "burst") return read_number(field, 1, 60'000, spec.source.burst);
  if (field.key == "per-minute") return read_pace(field, spec.source.interval);
  if (field.key == "first-byte-ms") return read_duration(field, spec.limits.first_byte);
  if (field.key == "bind-ms") return read_duration(field, spec.limits.bind);
  if (field.key == "queue-ms") return read_duration(field, spec.limits.queue);
  if (field.key == "connect-ms") return read_duration(field, spec.limits.connect);
  if (field.key == "call-ms") return read_duration(field, spec.limits.call);
  if (field.key == "session-ms") return read_duration(field, spec.limits.session);
  return state::kUnknownKey;
}

std::optional<OpnumRange> parse_range(std::string_view text) {
  size_t dash = text.find('-');
  auto first = parse_u16(text.substr(0, dash));
  auto last = dash == std::string_view::npos ? first : parse_u16(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return OpnumRange{*first, *last};
}

class Reader : state::SpecReader {
 public:
  std::expected<GatewaySpec, SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) { read_record(record, line); });
    finish();
    if (!errors().empty()) return std::unexpected(errors());
    return spec_;
  }

 private:
  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "pool") return read_pool(record, line);
    if (kind == "limits")
      return each_field(record, line, [&](const state::Field& field) { return set_limit(field, spec_); });
    if (kind == "source") return read_source(record, line);
    if (kind == "balancer") return read_balancer(record, line);
    if (kind != "listener" && kind != "upstream" && kind != "domain" && kind != "interface")
      return complain("", "not a kind of record");
    PoolSpec* pool = find(record.text<256>("pool"));
    if (pool == nullptr) return complain("pool", "not a pool that was introduced before");
    if (kind == "listener") return read_listener(record, line, *pool);
    if (kind == "upstream") return read_upstream(record, line, *pool);
    if (kind == "domain") return read_domain(record, line, *pool);
    read_interface(record, line, *pool);
  }

  PoolSpec* find(std::string_view name) {
    for (PoolSpec& pool : spec_.pools)
      if (pool.name == name) return &pool;
    return nullptr;
  }

  void read_pool(const state::Record& record, std::string_view line) {
    auto name = record.text<256>("name");
    if (name.empty() || name.size() > decltype(PoolSpec::name)::capacity())
      return complain("name", "not 1 to 24 bytes");
    if (find(name) != nullptr) return complain("name", "a second pool of this name");
    if (!spec_.pools.push_back({.name = FixedString<24>(name.view())})) return complain("", state::kOneTooMany);
    each_field(record, line, [&](const state::Field& field) { return set_pool_field(field, spec_.pools.back()); });
  }

  void read_listener(const state::Record& record, std::string_view line, PoolSpec& pool) {
    only(record, line, {"pool", "port", "address"});
    ListenerSpec listener;
    if (record.raw("port")) {
      auto port = parse_u16(record.text<256>("port"));
      if (!port || *port == 0) return complain("port", "not a port");
      listener.port = *port;
    }
    if (record.raw("address")) {
      listener.address = parse_ip(record.text<256>("address"));
      if (!listener.address) return complain("address", "not an address");
    }
    for (const PoolSpec& other : spec_.pools)
      for (const ListenerSpec& taken : other.listeners)
        if (taken.port == listener.port && overlap(taken.address, listener.address))
          return complain("port", "already listened on");
    if (!pool.listeners.push_back(listener)) complain("", state::kOneTooMany);
  }

  void read_upstream(const state::Record& record, std::string_view line, PoolSpec& pool) {
    only(record, line, {"pool", "host"});
    auto endpoint = parse_endpoint(record.text<256>("host"));
    if (!endpoint) return complain("host", "neither HOST nor HOST:PORT");
    if (!pool.upstreams.push_back(*endpoint)) complain("", state::kOneTooMany);
  }

  void read_domain(const state::Record& record, std::string_view line, PoolSpec& pool) {
    only(record, line, {"pool", "name"});
    auto name = dns::parse_name(record.text<256>("name"));
    if (!name) return complain("name", "not a domain");
    if (!pool.domains.push_back(*name)) complain("", state::kOneTooMany);
  }

  void read_interface(const state::Record& record, std::string_view line, PoolSpec& pool) {
    only(record, line, {"pool", "uuid", "version", "opnums"});
    InterfaceRule rule;
    auto uuid = dcerpc::parse_uuid(record.text<256>("uuid"));
    if (!uuid) return complain("uuid", "not a UUID");
    rule.interface.uuid = *uuid;
    auto version = record.text<256>("version");
    size_t dot = version.view().find('.');
    auto major = parse_u16(version.view().substr(0, dot));
    auto minor = dot == std::string_view::npos ? std::nullopt : parse_u16(version.view().substr(dot + 1));
    if (!major || !minor) return complain("version", "not MAJOR.MINOR");
    rule.interface.major = *major;
    rule.interface.minor = *minor;
    auto opnums = record.text<256>("opnums");
    for (Splitter parts(opnums, ','); auto part = parts.next();) {
      auto range = parse_range(*part);
      if (!range) return complain("opnums", "not numbers and ranges such as 0,2-4");
      if (!rule.opnums.push_back(*range)) return complain("opnums", state::kOneTooMany);
    }
    size_t index = static_cast<size_t>(&pool - spec_.pools.data());
    if (!own_interfaces_[index]) pool.policy.interfaces.clear();
    own_interfaces_[index] = true;
    if (!pool.policy.interfaces.push_back(rule)) complain("", state::kOneTooMany);
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

  void read_balancer(const state::Record& record, std::string_view line) {
    only(record, line, {"network"});
    auto network = access::parse_network(record.text<256>("network"));
    if (!network) return complain("network", "not a network");
    if (!spec_.balancers.push_back(*network)) complain("", state::kOneTooMany);
  }

  void finish() {
    bool standard = false;
    for (PoolSpec& pool : spec_.pools) {
      if (!pool.listeners.empty()) continue;
      ListenerSpec listener;
      for (const PoolSpec& other : spec_.pools)
        for (const ListenerSpec& taken : other.listeners)
          standard = standard || (taken.port == listener.port && overlap(taken.address, {}));
      if (standard) complain("pool", "two pools want port 1688: give them listeners");
      (void)pool.listeners.push_back(listener);
    }
    if (spec_.pools.empty()) {
      (void)spec_.pools.push_back({.name = "kms"});
      (void)spec_.pools[0].listeners.push_back({});
    }
    if (spec_.sources.empty()) spec_.sources = access::standard_networks();
  }

  GatewaySpec spec_;
  std::array<bool, kMaxPools> own_interfaces_{};
};

}  // namespace

std::expected<GatewaySpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::gateway
