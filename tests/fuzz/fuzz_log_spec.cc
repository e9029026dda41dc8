// SPDX-License-Identifier: MIT
// logd's configuration from any text: it is read whole or refused with the lines that are wrong, and what was read is
// something that logd can run with. The same text as netd's state: the log servers in it.
#include <cstdlib>

#include "engine/logring/learnt.h"
#include "engine/logring/ring.h"
#include "engine/logring/spec_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  std::string_view text = as_text(Bytes(data, size));
  for (const IpAddress& server : logring::read_log_servers(text))
    if (server.is_unspecified()) std::abort();
  auto spec = logring::parse_spec(text);
  if (!spec) {
    if (spec.error().empty()) std::abort();
    for (const logring::SpecError& error : spec.error())
      if (error.complaint.empty()) std::abort();
    return 0;
  }
  if (spec->ring < logring::kMinRing || spec->ring > logring::kMaxRing) std::abort();
  for (const logring::TargetSpec& target : spec->targets) {
    if (target.port == 0 || target.address.is_unspecified() == target.name.empty()) std::abort();
    bool framed = target.framing != syslog::Framing::None;
    if (framed != (target.transport != logring::Transport::Udp)) std::abort();
    bool is_tls = target.transport == logring::Transport::Tls;
    if (is_tls != (target.credentials != nullptr)) std::abort();
  }
  return 0;
}
