// SPDX-License-Identifier: MIT
// A datagram of /dev/log from any bytes: what comes out lies inside it, a message has a text, and whatever it says goes
// out in every format and frame within its bound. A message that was written as RFC 5424 is read back the same.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "wire/syslog/local.h"
#include "wire/syslog/outgoing.h"
#include "wire/syslog/utf8.h"

namespace {

using namespace ck;

void inside(std::string_view part, std::string_view whole) {
  if (part.empty()) return;
  if (part.data() < whole.data() || part.data() + part.size() > whole.data() + whole.size()) std::abort();
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void write(const syslog::Outgoing& out) {
  static std::array<char, syslog::kMaxFrame> buffer;
  using syslog::Format;
  using syslog::Framing;
  for (Format format : {Format::Rfc5424, Format::Gelf, Format::Json}) {
    size_t most = format == Format::Rfc5424 ? syslog::kMaxRfc5424 : syslog::kMaxJson;
    std::string_view plain = as_text(syslog::write_message(out, format, Framing::None, buffer));
    if (plain.empty() || plain.size() > most) std::abort();
    for (char character : plain)
      if (static_cast<uint8_t>(character) < 0x20 || character == 0x7f) std::abort();
    if (format != Format::Rfc5424 && syslog::encoding_of(plain) == syslog::Encoding::Other) std::abort();
    if (format != Format::Rfc5424 && (plain.front() != '{' || !plain.ends_with("\"}"))) std::abort();
    size_t size = plain.size();
    if (syslog::write_message(out, format, Framing::Newline, buffer).size() != size + 1) std::abort();
    if (syslog::write_message(out, format, Framing::Null, buffer).size() != size + 1) std::abort();
    if (syslog::write_message(out, format, Framing::Octet, buffer).size() < size + 2) std::abort();
  }
}

void read_back(const syslog::LocalMessage& message, const syslog::Outgoing& out) {
  static std::array<char, syslog::kMaxFrame> buffer;
  Bytes written = syslog::write_message(out, syslog::Format::Rfc5424, syslog::Framing::None, buffer);
  auto again = syslog::parse_local(as_text(written));
  if (!again || again->priority != message.priority || again->pid != message.pid) std::abort();
  if (is_plain(message.program) && message.program != "-" && again->program != message.program) std::abort();
  if (is_plain(message.text) && message.text.size() < 1500 && again->text != message.text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view datagram = as_text(Bytes(data, size));
  auto message = syslog::parse_local(datagram);
  if (!message) return 0;
  if (message->text.empty() || message->program.size() > syslog::kMaxProgram) std::abort();
  for (std::string_view part : {message->program, message->message_id, message->text}) inside(part, datagram);
  syslog::Outgoing out{.priority = message->priority,
                       .utc_ms = static_cast<int64_t>(size) * 1'000'003,
                       .sequence = size,
                       .pid = message->pid,
                       .host = message->program,
                       .program = message->program,
                       .message_id = message->message_id,
                       .text = message->text};
  write(out);
  read_back(*message, out);
  return 0;
}
