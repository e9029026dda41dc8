// SPDX-License-Identifier: MIT
// gatewayd [--config FILE] [--listen PORT] [--upstream HOST[:PORT]]...
// FILE is a GatewaySpec as records (engine/gateway/spec_text.h); what the other arguments say is added to its first
// pool. Exit status: 0 after SIGTERM, 64 for wrong arguments, 71 when the system refused what it cannot do without, 78
// for a wrong configuration.
#include <memory>
#include <string_view>

#include "app/gatewayd/gatewayd.h"
#include "app/program.h"
#include "app/spec_file.h"
#include "base/text.h"
#include "engine/gateway/spec_text.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck {

namespace {

struct Options {
  const char* config = nullptr;
  std::optional<uint16_t> port;
  FixedVector<gateway::Endpoint, gateway::kMaxUpstreams> upstreams;
};

bool read_options(std::span<char*> arguments, Options& options) {
  for (size_t i = 1; i < arguments.size(); i += 2) {
    std::string_view name(arguments[i]);
    if (i + 1 == arguments.size()) {
      sys::log(sys::Severity::Error, {name, ": a value is missing"});
      return false;
    }
    std::string_view value(arguments[i + 1]);
    if (name == "--config") {
      options.config = arguments[i + 1];
    } else if (name == "--listen") {
      options.port = parse_u16(value);
      if (!options.port || *options.port == 0) {
        sys::log(sys::Severity::Error, {"--listen ", value, ": no port"});
        return false;
      }
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

// False when there is something wrong with it, which has been said.
bool read_spec(const Options& options, gateway::GatewaySpec& spec) {
  if (!read_spec_file(options.config, gateway::parse_spec, spec)) return false;
  gateway::PoolSpec& first = spec.pools[0];
  if (options.port) first.listeners[0].port = *options.port;
  for (const gateway::Endpoint& endpoint : options.upstreams) {
    if (first.upstreams.push_back(endpoint)) continue;
    sys::log(sys::Severity::Error, {"--upstream ", endpoint.name.view(), ": too many"});
    return false;
  }
  return true;
}

Result<void> run(const gateway::GatewaySpec& spec) {
  auto loop = CK_TRY(sys::EventLoop::create());
  auto gatewayd = std::make_unique<gatewayd::Gatewayd>(loop, spec);
  CK_TRY(gatewayd->start());
  return loop.run();
}

}  // namespace

int gatewayd_main(std::span<char*> arguments) {
  Options options;
  if (!read_options(arguments, options)) return kExitUsage;
  auto spec = std::make_unique<gateway::GatewaySpec>();
  if (!read_spec(options, *spec)) return kExitConfig;
  if (auto result = run(*spec); !result) {
    sys::log_error({"cannot serve"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
