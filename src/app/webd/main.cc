// SPDX-License-Identifier: MIT
// webd [--config FILE]
// FILE is a WebSpec as records (engine/web/spec_text.h). Exit status: 0 after SIGTERM, 64 for wrong arguments, 71 when
// the system refused what it cannot do without, 78 for a wrong configuration.
#include <memory>
#include <string_view>

#include "app/program.h"
#include "app/spec_file.h"
#include "app/webd/webd.h"
#include "base/text.h"
#include "engine/web/spec_text.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck {

namespace {

Result<void> run(const web::WebSpec& spec) {
  auto loop = CK_TRY(sys::EventLoop::create());
  auto webd = std::make_unique<webd::Webd>(loop, spec);
  CK_TRY(webd->start());
  return loop.run();
}

}  // namespace

int webd_main(std::span<char*> arguments) {
  bool configured = arguments.size() == 3 && std::string_view(arguments[1]) == "--config";
  if (arguments.size() != 1 && !configured) {
    sys::log(sys::Severity::Error, {"usage: webd [--config FILE]"});
    return kExitUsage;
  }
  web::WebSpec spec;
  if (!read_spec_file(configured ? arguments[2] : nullptr, web::parse_spec, spec)) return kExitConfig;
  if (auto result = run(spec); !result) {
    sys::log_error({"cannot serve"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
