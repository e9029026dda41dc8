// SPDX-License-Identifier: MIT
// `config gather`: finds the document, lays the kernel command line over it and writes what follows to
// $COREKMS_RUN/config: the records of each program (netd, gatewayd, ...) and `state`, which says what was found where,
// what is set, and what is wrong. It ends with status 0 when the configuration holds, 78 when it is broken.
// `config check FILE`: the same for one document, on any machine; all that is wrong goes to standard output.
// `config example`, `config reference`: a document with every key, and the tables of docs/configuration.md.
#include <unistd.h>

#include <memory>

#include "app/config/sources.h"
#include "app/config/tpm.h"
#include "app/program.h"
#include "engine/config/reference.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/process.h"
#include "sys/publish.h"
#include "wire/state/record.h"
#include "wire/state/search.h"

namespace ck {

namespace {

using config::Outcome;

constexpr unsigned kModeForOne = 0600;  // there may be keys among them; init gives each to its program
constexpr unsigned kModeForAll = 0644;

int print(std::string_view text) {
  Bytes bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  return sys::write_all(STDOUT_FILENO, bytes) ? 0 : kExitSystem;
}

void say(const Outcome& outcome) {
  for (const config::Finding& finding : outcome.checked.findings)
    sys::log(sys::Severity::Error, {to_line(finding, outcome)});
  for (const config::Finding& note : outcome.notes) sys::log(sys::Severity::Notice, {to_line(note, outcome)});
  if (outcome.winner.empty())
    sys::log(sys::Severity::Info, {name_of(outcome.standing), ", no document was given"});
  else
    sys::log(sys::Severity::Notice,
             {name_of(outcome.standing), ", from ", outcome.winner, ", sha256 ", to_text(outcome.digest)});
  if (!outcome.measured) return;
  bool failed = !outcome.measured->error.empty();
  sys::log(failed ? sys::Severity::Error : sys::Severity::Notice,
           {failed ? "not measured by the TPM, " : "measured by the TPM, ", to_line(*outcome.measured)});
}

// The text that wins, as evaluate() finds it; where there is none, the empty one, so that a PCR that nothing was
// measured into never stands for "no document".
std::string_view text_used(std::span<const config::Candidate> candidates) {
  for (const config::Candidate& each : candidates)
    if (each.is_found) return each.text;
  return {};
}

int gather() {
  auto command_line = config::read_kernel_command_line();
  if (!command_line) sys::log_error({"/proc/cmdline"}, command_line.error());
  auto [candidates, cloud] = config::look_on_volumes();
  // What comes now reads texts from outside.
  if (auto none = sys::give_up_capabilities(); !none) {
    sys::log_error({"config"}, none.error());
    return kExitSystem;
  }
  config::look_elsewhere(candidates);
  Outcome outcome =
      config::evaluate(candidates, command_line.value_or(""), config::kHasPlatform && cloud ? &*cloud : nullptr);
  if (config::kHasPlatform) outcome.measured = config::measure(text_used(candidates));
  // As init does for the programs that come after this one.
  if (auto system = state::find(outcome.checked.records[static_cast<size_t>(config::Program::System)], "system"))
    sys::set_log_level(system->text<16>("log-level"));
  say(outcome);
  int status = outcome.standing == config::Standing::Broken ? kExitConfig : 0;
  auto publish = [&](std::string_view file, std::string_view text, unsigned mode) {
    if (auto done = sys::publish("config", file, text, mode); !done) {
      sys::log_error({file}, done.error());
      status = kExitSystem;
    }
  };
  for (size_t i = 0; i < config::kPrograms; ++i) {
    auto program = static_cast<config::Program>(i);
    bool is_shared = program == config::Program::System;  // by init and the screen
    publish(name_of(program), outcome.checked.records[i], is_shared ? kModeForAll : kModeForOne);
  }
  if (outcome.measured && outcome.measured->error.empty())
    publish("tpm-event-log", config::write_event_log(*outcome.measured), kModeForAll);
  publish("state", config::write_state(outcome, candidates, state::kMaxFile), kModeForAll);
  return status;
}

int check(const char* path) {
  auto buffer = std::make_unique<char[]>(toml::kMaxDocument + 1);
  auto text = sys::read_file(path, {buffer.get(), toml::kMaxDocument + 1});
  config::Candidate candidate{.name = path, .is_found = true, .text = {}, .trouble = {}};
  if (text) {
    candidate.text = *text;
  } else if (text.error().code == Code::OutOfRange) {
    candidate.trouble = "longer than " + std::to_string(toml::kMaxDocument) + " bytes";
  } else {
    sys::log_error({path}, text.error());
    return kExitNoInput;
  }
  Outcome outcome = config::evaluate({&candidate, 1}, "");
  std::string out;
  for (const config::Finding& finding : outcome.checked.findings) out += to_line(finding, outcome) + "\n";
  if (outcome.checked.left_out > 0) out += "and " + std::to_string(outcome.checked.left_out) + " more\n";
  bool broken = outcome.standing == config::Standing::Broken;
  if (!broken) {
    out = std::string(path) + ": good, " + std::to_string(outcome.checked.settings.size()) + " values, sha256 ";
    out.append(to_text(outcome.digest)).append("\n");
  }
  int printed = print(out);
  return broken ? kExitConfig : printed;
}

}  // namespace

int config_main(std::span<char*> arguments) {
  std::string_view what = arguments.size() > 1 ? arguments[1] : "";
  if (what == "gather" && arguments.size() == 2) return gather();
  if (what == "check" && arguments.size() == 3) return check(arguments[2]);
  if (what == "example" && arguments.size() == 2) return print(config::write_example());
  if (what == "reference" && arguments.size() == 2) return print(config::write_reference());
  sys::log(sys::Severity::Error, {"usage: config gather | check FILE | example | reference"});
  return kExitUsage;
}

}  // namespace ck
