// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "engine/console/sections.h"
#include "engine/console/words.h"
#include "wire/state/search.h"

namespace ck::console {

namespace {

constexpr unsigned kBriefProblems = 3;
constexpr unsigned kBriefDigest = 12;
constexpr size_t kBesideDigest = 20;  // columns of ", sha256 " and ", 100 set", or of "; " and the like
constexpr std::string_view kCommandLine = "kernel command line";

using state::for_each;

// A program of the system's own that is not well. The service has its own line.
bool is_troubled(const state::Record& program) {
  return program.text<16>("role") != "service" &&
         (program.text<16>("state") == "backoff" || program.number("restarts").value_or(0) > 0);
}

void put_restarts(int64_t restarts, Lines& lines) {
  lines.number(static_cast<uint64_t>(std::max<int64_t>(restarts, 0))).put(restarts == 1 ? " restart" : " restarts");
}

void put_troubled_program(const state::Record& program, Lines& lines) {
  bool down = program.text<16>("state") == "backoff";
  Tint tint = down ? Tint::Bad : Tint::Waiting;
  lines.begin()
      .put("! ", tint)
      .put(program.text<16>("name"), tint)
      .put(down ? " is down, " : " was started anew, ", tint);
  put_restarts(program.number("restarts").value_or(0), lines);
  auto error = program.text<160>("error");
  if (!error.empty()) lines.put(": ").put(error);
}

void put_trust(const state::Record& trust, Lines& lines) {
  auto secure_boot = trust.text<8>("secure-boot");
  auto ignored = trust.text<200>("ignored");
  lines.begin().put("boot").column(kValueColumn);
  if (secure_boot == "none")
    lines.put("not by UEFI, so no Secure Boot");
  else
    lines.put("Secure Boot ").put(secure_boot, secure_boot == "on" ? Tint::Good : Tint::Plain);
  if (auto lockdown = trust.text<20>("lockdown"); !lockdown.empty()) lines.put(", lockdown ").put(lockdown);
  if (!ignored.empty())
    lines.begin(kValueColumn).put("not taken from the command line: ", Tint::Waiting).flow(ignored, kValueColumn);
}

// What the TPM made of the document, in one line.
void put_measurements(std::string_view config_state, Lines& lines) {
  bool first = true;
  for_each(config_state, "measurement", [&](const state::Record& record) {
    auto pcr = static_cast<uint64_t>(record.number("pcr").value_or(0));
    if (auto error = record.text<160>("error"); !error.empty()) {
      lines.begin().put("TPM").column(kValueColumn).put("not measured: ", Tint::Bad).flow(error, kValueColumn);
    } else if (std::exchange(first, false)) {
      lines.begin().put("TPM").column(kValueColumn).put("measured into PCR ").number(pcr);
      lines.put(": ").put(record.text<16>("bank"));
    } else {
      lines.put(", ").put(record.text<16>("bank"));
    }
  });
}

}  // namespace

void put_title(const Inputs& inputs, Lines& lines) {
  FixedString<32> version;
  FixedString<48> commit;
  FixedString<64> hostname;
  for_each(inputs.init_state, "system", [&](const state::Record& record) {
    version = record.text<32>("version");
    commit = record.text<48>("commit");
    hostname = record.text<64>("hostname");
  });
  lines.begin().put("CoreKMS", Tint::Title);
  if (!version.empty()) lines.put(" ", Tint::Title).put(version, Tint::Title);
  if (!commit.empty()) lines.put(" (").cut(commit, 12).put(")");

  // Uptime stands on the right, the host name before it, cut before it touches either neighbour.
  Words uptime = uptime_words(inputs.now);
  unsigned right = lines.position() + lines.room();
  auto up_column = right - std::min(right, static_cast<unsigned>(uptime.size()) + 3);
  unsigned host_length = std::min(static_cast<unsigned>(hostname.size()),
                                  up_column > lines.position() + 6 ? up_column - lines.position() - 6 : 0u);
  unsigned host_column =
      std::max(lines.position() + 3, up_column - std::min(up_column, std::max(host_length + 3, 23u)));
  lines.column(host_column).cut(hostname, host_length, Tint::Title);
  lines.column(up_column).put("up ").put(uptime);
}

void put_memory_and_clock(const Inputs& inputs, Lines& lines) {
  lines.begin().put("Memory").column(kValueColumn);
  if (inputs.memory_total_kib == 0) {
    lines.put("unknown", Tint::Waiting);
  } else {
    uint64_t used = inputs.memory_total_kib - std::min(inputs.memory_total_kib, inputs.memory_available_kib);
    bool scarce = inputs.memory_available_kib * 20 < inputs.memory_total_kib;
    lines.put(mebibyte_words(used)).put(" of ").put(mebibyte_words(inputs.memory_total_kib)).put(" MiB");
    if (scarce) lines.put(" nearly full", Tint::Bad);
  }
  lines.column(42).put("Clock  ");
  if (inputs.utc_ms < kEarliestClock)
    lines.put("not set", Tint::Waiting);
  else
    lines.put(clock_words(inputs.utc_ms / 1000, inputs.zone));
}

void put_config(const Inputs& inputs, Lines& lines) {
  unsigned own = 0, laid_over = 0, clouds = 0, findings = 0;
  for_each(inputs.config_state, "finding", [&](const state::Record&) { ++findings; });
  lines.begin().put("Config").column(kValueColumn);
  FixedString<16> standing;
  FixedString<64> source, digest;
  for_each(inputs.config_state, "config", [&](const state::Record& record) {
    standing = record.text<16>("standing");
    source = record.text<64>("source");
    digest = record.text<64>("sha256");
  });
  for_each(inputs.config_state, "setting", [&](const state::Record& record) {
    auto from = record.text<64>("from");
    ++(from == kCommandLine ? laid_over : from == source ? own : clouds);
  });
  if (standing.empty()) return void(lines.put(inputs.init_state.empty() ? "not read yet" : "not read", Tint::Waiting));
  if (standing == "broken") {
    lines.put("BROKEN", Tint::Bad);
    if (!source.empty()) lines.put(", ").put(source);
    lines.put(", ").number(findings).put(findings == 1 ? " mistake" : " mistakes");
    return void(lines.put(": press 4"));
  }
  if (standing == "standard") return void(lines.put("defaults (nothing was given)"));
  if (!source.empty()) {
    size_t others = kBesideDigest + (laid_over + clouds > 0 ? kBesideDigest + kCommandLine.size() : 0);
    bool wide = lines.room() > source.size() + digest.size() + others;
    lines.put(source).put(", sha256 ").put(digest.view().substr(0, wide ? digest.size() : kBriefDigest));
    lines.put(", ").number(own).put(" set");
  }
  bool first = source.empty();
  if (clouds > 0)
    lines.put(std::exchange(first, false) ? "" : "; ").put("a cloud's volume, ").number(clouds).put(" set");
  if (laid_over > 0) lines.put(first ? "" : "; ").put("kernel command line, ").number(laid_over).put(" set");
}

void put_problems(const Inputs& inputs, Detail detail, Lines& lines) {
  unsigned count = 0;
  unsigned shown = detail == Detail::Brief ? kBriefProblems : ~0u;
  for_each(inputs.init_state, "program", [&](const state::Record& record) {
    if (is_troubled(record) && count++ < shown) put_troubled_program(record, lines);
  });
  for (std::string_view state : {inputs.init_state, inputs.netd_state})
    for_each(state, "problem", [&](const state::Record& record) {
      if (count++ < shown) lines.begin().put("! ", Tint::Bad).put(record.text<200>("text"));
    });
  if (count > shown) lines.begin().put("! ", Tint::Bad).number(count - shown).put(" more: press 4");
}

void put_programs(const Inputs& inputs, Lines& lines) {
  for_each(inputs.init_state, "program", [&](const state::Record& record) {
    auto state = record.text<16>("state");
    Tint tint = state == "running" ? Tint::Good : state == "backoff" ? Tint::Bad : Tint::Waiting;
    lines.begin().put(record.text<16>("name")).column(kValueColumn).put(state, tint);
    lines.column(kValueColumn + 10).put("since ");
    int64_t since = record.number("since-ms").value_or(0);
    lines.put(moment_words(from_ms(since), inputs.now, inputs.utc_ms, inputs.zone));
    // How long the boot took, to the millisecond of the kernel's clock.
    if (since > 0 && since < 60'000) lines.put(" (boot + ").number(static_cast<uint64_t>(since)).put(" ms)");
    lines.put(", ");
    put_restarts(record.number("restarts").value_or(0), lines);
    if (auto pid = record.number("pid"); pid && *pid > 0) lines.put(", pid ").number(static_cast<uint64_t>(*pid));
    if (auto status = record.text<120>("status"); !status.empty()) lines.begin(kValueColumn).put(status);
    if (auto error = record.text<160>("error"); !error.empty())
      lines.begin(kValueColumn).put("last ended: ", Tint::Waiting).put(error);
  });
}

void put_settings(const Inputs& inputs, Lines& lines) {
  for_each(inputs.init_state, "system", [&](const state::Record& record) {
    lines.begin().put("host name").column(kValueColumn).put(record.text<64>("hostname"));
    lines.put("  from ").put(record.text<32>("hostname-source"));
    if (auto build = record.text<64>("build"); !build.empty())
      lines.begin().put("build").column(kValueColumn).put(build);
  });
  for_each(inputs.init_state, "trust", [&](const state::Record& record) { put_trust(record, lines); });
  FixedString<64> source;
  for_each(inputs.config_state, "config", [&](const state::Record& record) {
    lines.begin().put("config").column(kValueColumn).put(record.text<16>("standing"));
    source = record.text<64>("source");
    if (!source.empty()) lines.put(", from ").put(source).put(", sha256");
    if (auto digest = record.text<64>("sha256"); !digest.empty()) lines.begin(kValueColumn).put(digest);
  });
  put_measurements(inputs.config_state, lines);
  bool first = true;
  for_each(inputs.config_state, "candidate", [&](const state::Record& record) {
    FixedString<70> text(record.text<50>("name").view());
    text.append(": ");
    text.append(record.text<16>("state"));
    if (first || text.size() + 2 > lines.room())
      lines.begin(kValueColumn);
    else
      lines.put("  ");
    lines.put(text);
    first = false;
  });
  for_each(inputs.config_state, "finding",
           [&](const state::Record& record) { lines.begin().put("! ", Tint::Bad).flow(record.text<400>("text"), 2); });
  for_each(inputs.config_state, "left-out", [&](const state::Record& record) {
    lines.begin()
        .put("! ", Tint::Bad)
        .number(static_cast<uint64_t>(record.number("findings").value_or(0)))
        .put(" more");
  });
  for_each(inputs.config_state, "note", [&](const state::Record& record) {
    lines.begin().put("not used: ", Tint::Waiting).flow(record.text<400>("text"), 2);
  });
  for_each(inputs.config_state, "setting", [&](const state::Record& record) {
    lines.begin().put(record.text<80>("path")).put(" = ").put(record.text<120>("value"));
    if (auto from = record.text<64>("from"); from != source) lines.put("  (").put(from).put(")");
  });
}

void put_time(const Inputs& inputs, Lines& lines) {
  for_each(inputs.timed_state, "clock", [&](const state::Record& record) {
    auto state = record.text<16>("state");
    Tint tint = state == "synchronised" ? Tint::Good : Tint::Waiting;
    lines.begin().put("clock").column(kValueColumn).put(state, tint);
    if (auto server = record.text<64>("server"); !server.empty()) lines.put(" by ").put(server);
    if (auto offset = record.number("offset-us")) {
      int64_t ms = *offset / 1000;
      lines.put(", was ")
          .put(ms < 0 ? "ahead by " : "behind by ")
          .number(static_cast<uint64_t>(ms < 0 ? -ms : ms))
          .put(" ms");
    }
    if (auto stratum = record.number("stratum"); stratum && *stratum > 0)
      lines.put(", stratum ").number(static_cast<uint64_t>(*stratum));
    if (auto error = record.text<160>("error"); !error.empty()) lines.begin(kValueColumn).put(error, Tint::Waiting);
  });
}

void put_help(Lines& lines) {
  constexpr std::string_view kHelp[] = {
      "Enter      write the screen anew, all of it; a serial terminal is asked its size",
      "1          overview",
      "2          network: all links, addresses, gateways, name servers, domains",
      "3          gateway: upstreams and what was looked for and where",
      "4          system: programs, configuration, clock, problems",
      "l          the log, the newest line first, and where it is sent",
      "n, f       next screenful, back to the first, where there is more than fits",
      "d          plain lines instead of a screen (dumb terminals), and back",
      "p, r       power off, restart; asks first (off by system.power-keys = false)",
      "",
      "Else this screen only shows; nothing can be changed here. A document configures",
      "this machine, and the kernel command line (boot loader) over it:",
      "",
      "corekms.upstream=HOST[:PORT][,...]   where clients' requests go; without it the",
      "                                     SRV record _vlmcs._tcp of the network's domain",
      "corekms.hostname=NAME                the name of this machine",
      "corekms.KEY=VALUE                    any other key of the document",
      "ip=ADDRESS::GATEWAY:MASK:NAME:LINK:none   an address by hand, as dracut has it",
      "",
      "Ctrl-Alt-Del restarts; the power button powers off. Nothing is stored here, so",
      "the plug may be pulled at any moment.",
  };
  for (std::string_view line : kHelp) lines.begin().put(line);
}

}  // namespace ck::console
