// SPDX-License-Identifier: MIT
#include "app/config/content.h"

#include <algorithm>
#include <cerrno>
#include <memory>

#include "sys/errno.h"
#include "sys/file.h"

namespace ck::config {

namespace {

constexpr size_t kBeginning = 16;

}  // namespace

std::optional<Content> read_content(const char* path, size_t most) {
  auto buffer = std::make_unique<char[]>(most + 1);
  auto text = sys::read_regular_file(path, {buffer.get(), most + 1});
  if (text) return Content{std::string(*text), {}};
  const Error& error = text.error();
  if (error.sys_errno == ENOENT || error.sys_errno == ENOTDIR) return std::nullopt;
  if (error.code == Code::OutOfRange)  // how it begins says whose it is
    return Content{std::string(buffer.get(), std::min(most, kBeginning)),
                   "longer than " + std::to_string(most) + " bytes"};
  if (error.sys_errno == 0) return Content{{}, error.what};
  return Content{{}, std::string("cannot be read: ") + sys::errno_text(error.sys_errno)};
}

}  // namespace ck::config
