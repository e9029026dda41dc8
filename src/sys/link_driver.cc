// SPDX-License-Identifier: MIT
#include "sys/link_driver.h"

#include <unistd.h>

#include "base/text.h"
#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

FixedString<32> link_driver(std::string_view link_name) {
  char path[80];
  TextWriter out(path);
  out.put("/sys/class/net/").put(link_name).put("/device/driver").put('\0');
  if (out.truncated()) return {};
  char target[256];
  ssize_t size = retry([&] { return ::readlink(path, target, sizeof(target)); });
  if (size <= 0) return {};
  std::string_view text(target, static_cast<size_t>(size));
  return FixedString<32>(text.substr(text.find_last_of('/') + 1));
}

uint32_t link_speed(std::string_view link_name) {
  char path[80];
  TextWriter out(path);
  out.put("/sys/class/net/").put(link_name).put("/speed").put('\0');
  if (out.truncated()) return 0;
  char buffer[32];
  auto text = read_file(path, buffer);
  // "-1" is how drivers say that they do not know.
  return text ? parse_u32(trim(*text)).value_or(0) : 0;
}

}  // namespace ck::sys
