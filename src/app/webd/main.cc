// SPDX-License-Identifier: MIT
// webd [--config FILE]
// FILE is a WebSpec as records (engine/web/spec_text.h). Exit status: 0 after SIGTERM, 64 for wrong arguments, 71 when
// the system refused what it cannot do without, 78 for a wrong configuration.
#include <memory>
#include <string_view>

#include "app/program.h"
#include "app/webd/webd.h"
#include "base/text.h"
#include "engine/web/spec_text.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck {

namespace {

constexpr int kExitUsage = 64;
constexpr int kExitSystem = 71;
constexpr int kExitConfig = 78;
constexpr size_t kMaxConfig = 32 * 1024;

void complain(const web::SpecErrors& errors, std::string_view file) {
  for (const web::SpecError& error : errors) {
    char line[8];
    sys::log(sys::Severity::Error, {file, ":", TextWriter(line).number(error.line).view(), ": ", error.key,
                                    error.key.empty() ? "" : ": ", error.complaint});
  }
}

// Nothing when there is something wrong with it, which has been said.
std::optional<web::WebSpec> read_spec(const char* path) {
  std::string_view text;
  auto buffer = std::make_unique_for_overwrite<char[]>(kMaxConfig);
  if (path != nullptr) {
    auto read = sys::read_regular_file(path, {buffer.get(), kMaxConfig});
    if (!read) {
      sys::log_error({path}, read.error());
      return std::nullopt;
    }
    text = *read;
  }
  auto spec = web::parse_spec(text);
  if (spec) return *spec;
  complain(spec.error(), path);
  return std::nullopt;
}

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
  auto spec = read_spec(configured ? arguments[2] : nullptr);
  if (!spec) return kExitConfig;
  if (auto result = run(*spec); !result) {
    sys::log_error({"cannot serve"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
