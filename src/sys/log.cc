// SPDX-License-Identifier: MIT
#include "sys/log.h"

#include <unistd.h>

#include "base/text.h"
#include "sys/errno.h"

namespace ck::sys {

namespace {
const char* log_name = "corekms";
Severity log_level = Severity::Debug;

constexpr struct {
  std::string_view word;
  Severity severity;
} kLevels[] = {
    {"error", Severity::Error}, {"warning", Severity::Warning}, {"notice", Severity::Notice}, {"info", Severity::Info}};
}  // namespace

void set_log_name(const char* name) { log_name = name; }

void set_log_level(std::string_view word) {
  for (const auto& level : kLevels)
    if (level.word == word) log_level = level.severity;
}

void log(Severity severity, std::initializer_list<std::string_view> parts) {
  if (severity > log_level) return;
  char buffer[900];
  TextWriter line(std::span(buffer).first(sizeof(buffer) - 1));
  line.put('<').number(static_cast<unsigned>(severity)).put('>').put(log_name).put(": ");
  for (std::string_view part : parts) line.put(part);
  for (char& character : std::span(buffer).first(line.size()))
    if (character < 0x20 || character > 0x7e) character = '?';
  buffer[line.size()] = '\n';
  (void)retry([&] { return ::write(STDERR_FILENO, buffer, line.size() + 1); });
}

void log_for(std::string_view program, unsigned severity, std::string_view text) {
  char buffer[1000];
  TextWriter line(buffer);
  line.put('<').number(severity).put('>').put(program).put(": ").put(text).put('\n');
  (void)retry([&] { return ::write(STDERR_FILENO, buffer, line.size()); });
}

void log_error(std::initializer_list<std::string_view> parts, const Error& error) {
  char buffer[512];
  TextWriter text(buffer);
  for (std::string_view part : parts) text.put(part);
  text.put(": ").put(error.what);
  if (error.sys_errno != 0) text.put(": ").put(errno_text(error.sys_errno));
  log(Severity::Error, {text.view()});
}

}  // namespace ck::sys
