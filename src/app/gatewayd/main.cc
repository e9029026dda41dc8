// SPDX-License-Identifier: MIT
// gatewayd [--listen PORT] [--upstream HOST[:PORT]]...
// Exit status: 0 after SIGTERM, 64 for wrong arguments, 71 when the system refused what it cannot do without.
#include <string_view>

#include "app/gatewayd/gatewayd.h"
#include "app/program.h"
#include "base/text.h"
#include "sys/log.h"

namespace ck {

namespace {

constexpr int kExitUsage = 64;
constexpr int kExitSystem = 71;

bool read_options(std::span<char*> arguments, gatewayd::Options& options) {
  for (size_t i = 1; i < arguments.size(); i += 2) {
    std::string_view name(arguments[i]);
    if (i + 1 == arguments.size()) {
      sys::log(sys::Severity::Error, {name, ": a value is missing"});
      return false;
    }
    std::string_view value(arguments[i + 1]);
    if (name == "--listen") {
      auto port = parse_u16(value);
      if (!port || *port == 0) {
        sys::log(sys::Severity::Error, {"--listen ", value, ": no port"});
        return false;
      }
      options.port = *port;
    } else if (name == "--upstream") {
      auto endpoint = gateway::parse_endpoint(value);
      if (!endpoint || !options.upstreams.push_back(*endpoint)) {
        sys::log(sys::Severity::Error, {"--upstream ", value, endpoint ? ": too many" : ": not HOST or HOST:PORT"});
        return false;
      }
    } else {
      sys::log(sys::Severity::Error, {name, ": unknown argument"});
      return false;
    }
  }
  return true;
}

Result<void> run(const gatewayd::Options& options) {
  auto loop = CK_TRY(sys::EventLoop::create());
  gatewayd::Gatewayd gatewayd(loop);
  CK_TRY(gatewayd.start(options));
  return loop.run();
}

}  // namespace

int gatewayd_main(std::span<char*> arguments) {
  gatewayd::Options options;
  if (!read_options(arguments, options)) return kExitUsage;
  if (auto result = run(options); !result) {
    sys::log_error({"cannot serve"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
