// SPDX-License-Identifier: MIT
#include "engine/time/report.h"

namespace ck::timekeeping {

namespace {

void put_sample(const Sample& sample, state::RecordWriter& out) {
  out.field("offset-us", sample.offset.count()).field("delay-us", sample.delay.count());
  out.field("stratum", sample.stratum);
  // Below the first stratum it is the address of the server's own server, or a hash of it: no name.
  if (sample.stratum == 1) out.field("reference", sntp::letters_of(sample.reference));
  out.field("last-ms", to_ms(sample.at));
}

std::string_view state_of(const Keeper& keeper, size_t slot) {
  const Association& association = keeper.association(slot);
  if (association.is_denied()) return "denied";
  if (association.is_failing()) return "failing";
  if (!association.sample()) return "asked";
  if (keeper.is_outvoted(slot)) return "outvoted";
  return keeper.source() == slot ? "source" : "good";
}

std::string_view name_of(const Server& server, const resolver::Names& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    const resolver::Endpoint& endpoint = names.endpoint(i);
    bool same = names.address(i) == server.address && endpoint.port == server.port;
    if (same && !endpoint.address) return endpoint.name;
  }
  return {};
}

void put_server(const Keeper& keeper, size_t slot, const resolver::Names& names, state::RecordWriter& out) {
  const Server& server = keeper.servers()[slot];
  const Association& association = keeper.association(slot);
  out.begin("server").field("address", to_text(server.address)).field("port", server.port);
  if (auto name = name_of(server, names); !name.empty()) out.field("name", name);
  out.field("source", name_of(server.origin)).field("state", state_of(keeper, slot));
  if (association.sample()) put_sample(*association.sample(), out);
  out.field("interval-ms", association.interval().count());
  out.field("sent", association.sent()).field("answers", association.answers());
  out.field("dropped", association.dropped()).field("error", association.complaint());
  (void)out.end();
}

}  // namespace

void write_report(const Keeper& keeper, const resolver::Names& names, const Steps& steps, state::RecordWriter& out) {
  out.begin("clock").field("state", name_of(keeper.state()));
  if (auto slot = keeper.source()) {
    const Server& server = keeper.servers()[*slot];
    out.field("source", name_of(server.origin)).field("server", to_text(server.address));
    put_sample(*keeper.association(*slot).sample(), out);
  } else {
    out.field("source", "").field("server", "");
  }
  out.field("since-ms", to_ms(keeper.since())).field("steps", steps.count);
  if (steps.count > 0) out.field("step-us", steps.last.count()).field("step-ms", to_ms(steps.at));
  (void)out.field("error", keeper.error()).end();

  for (size_t slot = 0; slot < keeper.servers().size(); ++slot) put_server(keeper, slot, names, out);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names.address(i)) continue;
    out.begin("server").field("address", "").field("port", names.endpoint(i).port);
    out.field("name", names.endpoint(i).name).field("source", name_of(Origin::Static));
    (void)out.field("state", "unresolved").field("error", names.error(i)).end();
  }
}

}  // namespace ck::timekeeping
