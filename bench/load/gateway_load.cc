// SPDX-License-Identifier: MIT
// What `./ck bench gateway` loads relays with: their clients, and the upstream behind them.
//
//   gateway_load upstream PORT
//   gateway_load flood PATH LINES            what else goes on: see flood.h
//   gateway_load closed|open|hold|storm HOST PORT [--source ADDRESS] [--sources N] [--count N] [--parallel N] [--rate
//   N]
//                                                 [--patience SECONDS]
//
// Exit status: 0, 64 for wrong arguments, 71 when the system refused what the bench needs.
#include <sys/resource.h>

#include <cstdio>
#include <string_view>

#include "base/text.h"
#include "clients.h"
#include "flood.h"
#include "sys/errno.h"
#include "upstream.h"

namespace {

using namespace ck;

constexpr int kExitUsage = 64;
constexpr int kExitSystem = 71;

// As many descriptors as this user may have.
Result<void> take_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return sys::last_error("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return sys::last_error("setrlimit");
  return {};
}

std::optional<load::Mode> parse_mode(std::string_view name) {
  if (name == "closed") return load::Mode::Closed;
  if (name == "open") return load::Mode::Open;
  if (name == "hold") return load::Mode::Hold;
  if (name == "storm") return load::Mode::Storm;
  return std::nullopt;
}

bool read_option(std::string_view name, std::string_view value, load::Plan& plan) {
  if (name == "--source") {
    auto address = parse_ipv4(value);
    if (address) plan.source = *address;
    return address.has_value();
  }
  auto number = parse_u32(value);
  if (!number || *number == 0) return false;
  if (name == "--sources") return plan.sources = *number, true;
  if (name == "--count") return plan.count = *number, true;
  if (name == "--parallel") return plan.parallel = *number, true;
  if (name == "--rate") return plan.rate = *number, true;
  if (name == "--patience") return plan.patience = *number, true;
  return false;
}

std::optional<load::Plan> read_plan(std::span<char*> arguments) {
  if (arguments.size() < 4 || arguments.size() % 2 != 0) return std::nullopt;
  auto mode = parse_mode(arguments[1]);
  auto address = parse_ipv4(arguments[2]);
  auto port = parse_u16(arguments[3]);
  if (!mode || !address || !port) return std::nullopt;
  load::Plan plan{.mode = *mode, .to = {.address = *address, .port = *port}};
  for (size_t i = 4; i < arguments.size(); i += 2)
    if (!read_option(arguments[i], arguments[i + 1], plan)) return std::nullopt;
  return plan;
}

Result<void> start(std::span<char*> arguments, bool& understood) {
  CK_TRY(take_descriptors());
  if (arguments.size() == 3 && std::string_view(arguments[1]) == "upstream") {
    if (auto port = parse_u16(arguments[2])) return load::serve(*port);
  } else if (arguments.size() == 4 && std::string_view(arguments[1]) == "flood") {
    if (auto lines = parse_u32(arguments[3])) return load::flood(arguments[2], *lines);
  } else if (auto plan = read_plan(arguments)) {
    return load::run(*plan);
  }
  understood = false;
  return {};
}

}  // namespace

int main(int count, char** arguments) {
  bool understood = true;
  if (auto result = start(std::span(arguments, static_cast<size_t>(count)), understood); !result) {
    std::fprintf(stderr, "gateway_load: %s: %s\n", result.error().what, sys::errno_text(result.error().sys_errno));
    return kExitSystem;
  }
  if (understood) return 0;
  std::fprintf(stderr, "gateway_load: wrong arguments; see the top of gateway_load.cc\n");
  return kExitUsage;
}
