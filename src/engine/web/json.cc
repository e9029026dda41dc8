// SPDX-License-Identifier: MIT
#include "engine/web/json.h"

#include <utility>

#include "base/fixed.h"
#include "base/text.h"
#include "base/utc.h"
#include "wire/state/search.h"

namespace ck::web {

namespace {

constexpr JsonSection kSections[] = {
    {"system", File::Init, "system", Shape::Object, "name version commit build hostname hostname-source"},
    {"trust", File::Init, "trust", Shape::Object, "secure-boot lockdown ignored"},
    {"programs", File::Init, "program", Shape::List, "name role state #pid #since-ms #restarts status error"},
    {"configuration", File::Config, "config", Shape::Object, "standing source sha256 #bytes"},
    {"measurements", File::Config, "measurement", Shape::List, "#pcr bank digest error"},
    {"configuration_sources", File::Config, "candidate", Shape::List, "name state"},
    {"settings", File::Config, "setting", Shape::List, "path value from"},
    {"findings", File::Config, "finding", Shape::List, "text"},
    {"notes", File::Config, "note", Shape::List, "text"},
    {"problems", File::Init, "problem", Shape::List, "text"},
    {"network_problems", File::Netd, "problem", Shape::List, "text"},
    {"gateway", File::Gatewayd, "gateway", Shape::Object,
     "state listen #since-ms #total #today #now #most #refused #answered #probes #bytes-in #bytes-out #sources "
     "sources-are last-client #last-utc-ms error"},
    {"pools", File::Gatewayd, "pool", Shape::List, "name listen mode #waiting"},
    {"upstreams", File::Gatewayd, "upstream", Shape::List,
     "name #port address state source pool #active rung #state-since-ms #rtt-ms error"},
    {"lookups", File::Gatewayd, "lookup", Shape::List, "name type server state error"},
    {"verdicts", File::Gatewayd, "verdict", Shape::List, "name #count"},
    {"latencies", File::Gatewayd, "latency", Shape::List,
     "name #count #sum-ms #le-1 #le-2 #le-5 #le-10 #le-20 #le-50 #le-100 #le-200 #le-500 #le-1000 #le-2000 #le-5000"},
    {"clients", File::Gatewayd, "client", Shape::List, "address verdict #utc-ms"},
    {"links", File::Netd, "link", Shape::List, "#index name mac flags #mtu driver dhcp4 dhcp6"},
    {"addresses", File::Netd, "address", Shape::List,
     "#link family address scope flags source server #since-ms #renew-ms #valid-ms also-used-by #conflict-ms"},
    {"default_routes", File::Netd, "gateway", Shape::List,
     "#link address #metric #mtu source server #since-ms #valid-ms"},
    {"routes", File::Netd, "route", Shape::List,
     "#link destination gateway #metric #mtu source server #since-ms #valid-ms"},
    {"dns", File::Netd, "dns", Shape::List, "#link address source server #since-ms #valid-ms"},
    {"domains", File::Netd, "domain", Shape::List, "#link name source server #since-ms #valid-ms"},
    {"nat64", File::Netd, "nat64", Shape::List, "#link prefix source server #since-ms #valid-ms"},
    {"ntp", File::Netd, "ntp", Shape::List, "#link address source server #since-ms #valid-ms"},
    {"log_servers", File::Netd, "log-server", Shape::List, "#link address source server #since-ms #valid-ms"},
    {"clock", File::Timed, "clock", Shape::Object,
     "state source server #offset-us #delay-us #stratum #since-ms #last-ms #steps #step-us #step-ms error"},
    {"time_servers", File::Timed, "server", Shape::List,
     "name address #port source state #offset-us #delay-us #stratum reference #last-ms #interval-ms #sent #answers "
     "#dropped error"},
    {"log", File::Logd, "logs", Shape::Object, "#received #dropped #ring-bytes #first-seq #next-seq #overwritten"},
    {"log_targets", File::Logd, "target", Shape::List,
     "kind address resolved format source state #queued #sent #dropped #since-ms error"},
    {"log_lines", File::Logd, "line", Shape::List, "#seq #utc-ms severity program text"},
};

void put_key(std::string_view key, Body& out) {
  out.put("\"");
  for (size_t i = 0; i < key.size(); ++i) out.put(key[i] == '-' ? std::string_view("_") : key.substr(i, 1));
  out.put("\":");
}

void put_record(const state::Record& record, std::string_view fields, Body& out) {
  out.put("{");
  std::string_view comma;
  Splitter keys(fields, ' ');
  while (auto key = keys.next()) {
    bool is_number = key->starts_with('#');
    std::string_view name = key->substr(is_number ? 1 : 0);
    put_key(name, out.put(std::exchange(comma, ",")));
    if (!is_number) {
      out.put("\"").put_json(record.text<512>(name)).put("\"");
    } else if (auto number = record.number(name)) {
      out.number(*number);
    } else {
      out.put("null");
    }
  }
  out.put("}");
}

void put_section(const JsonSection& section, std::string_view file, Body& out) {
  out.frame(",\n\"").frame(section.name).frame("\":");
  if (section.shape == Shape::Object) {
    auto record = state::find(file, section.kind);
    if (!record || !out.attempt([&] { put_record(*record, section.fields, out); })) out.frame("null");
    return;
  }
  out.frame("[");
  bool first = true;
  state::for_each(file, section.kind, [&](const state::Record& record) {
    bool whole = out.attempt([&] {
      out.put(first ? "\n" : ",\n");
      put_record(record, section.fields, out);
    });
    first = first && !whole;
  });
  out.frame("]");
}

void put_own(const Snapshot& snapshot, Body& out) {
  Service service = service_of(snapshot);
  out.put("\"utc\":");
  if (is_clock_set(snapshot))
    out.put("\"").put(utc_text(snapshot.utc_ms)).put("\"");
  else
    out.put("null");
  out.put(",\n\"uptime_ms\":").number(to_ms(snapshot.now));
  out.put(",\n\"service\":{\"state\":\"").put_json(service.word.text);
  out.put("\",\"serving\":").put(service.serving ? "true" : "false").put("}");
  out.put(",\n\"memory\":{\"total_bytes\":").number(static_cast<int64_t>(snapshot.memory.total_kib * 1024));
  out.put(",\"available_bytes\":").number(static_cast<int64_t>(snapshot.memory.available_kib * 1024)).put("}");
  const Counters& web = snapshot.web;
  out.put(",\n\"web\":{\"connections\":").number(static_cast<int64_t>(web.connections));
  out.put(",\"requests\":").number(static_cast<int64_t>(web.requests));
  out.put(",\"errors\":").number(static_cast<int64_t>(web.errors));
  out.put(",\"refused\":").number(static_cast<int64_t>(web.refused)).put("}");
}

}  // namespace

std::span<const JsonSection> json_sections() { return kSections; }

void write_json(const Snapshot& snapshot, Body& out) {
  out.frame("{\"schema\":").number(kJsonSchema).frame(",\n");
  put_own(snapshot, out);
  bool gateway = gateway_record(snapshot).has_value();
  for (const JsonSection& section : kSections) {
    // What the gateway published last is only true while it lives.
    bool known = section.file != File::Gatewayd || gateway;
    put_section(section, known ? snapshot.file(section.file) : std::string_view(), out);
  }
  out.frame(out.was_cut() ? ",\n\"complete\":false}\n" : ",\n\"complete\":true}\n");
}

}  // namespace ck::web
