// SPDX-License-Identifier: MIT
#include "engine/status/service.h"

namespace ck::status {

Word service_word(std::string_view process, std::string_view gateway) {
  if (process == "backoff") return {"RESTARTING", Tone::Bad};
  if (process == "stopped") return {"STOPPED", Tone::Bad};
  if (process == "stopping") return {"STOPPING", Tone::Waiting};
  if (gateway == "serving" && process != "starting") return {"SERVING", Tone::Good};
  if (gateway == "draining") return {"STOPPING", Tone::Waiting};
  if (process == "starting") return {"STARTING", Tone::Waiting};
  if (gateway == "waiting") return {"WAITING", Tone::Waiting};
  if (process == "running") return {"RUNNING", Tone::Good};
  return {"STARTING", Tone::Waiting};
}

bool is_gateway_down(const std::optional<state::Record>& process) {
  return process && process->raw("state") != "running" && process->raw("state") != "stopping";
}

Tone upstream_tone(std::string_view state) {
  if (state == "healthy") return Tone::Good;
  return state == "failing" ? Tone::Bad : Tone::Waiting;
}

}  // namespace ck::status
