// SPDX-License-Identifier: MIT
#include "wire/syslog/outgoing.h"

#include <algorithm>

#include "base/text.h"
#include "base/utc.h"
#include "wire/syslog/utf8.h"

namespace ck::syslog {

namespace {

constexpr size_t kLengthRoom = 6;  // "8192" and a blank stand before a message
constexpr std::string_view kMark = "\xef\xbb\xbf";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr uint64_t kMaxSequenceId = 2'147'483'647;  // RFC 5424 section 7.3.1; then it begins anew with 1

bool is_control(char character) { return static_cast<uint8_t>(character) < 0x20 || character == 0x7f; }

// A field of the header: PRINTUSASCII, `-` where there is nothing.
void put_header_field(std::string_view text, size_t most, TextWriter& out) {
  if (text.empty()) text = "-";
  out.put(' ');
  for (char character : text.substr(0, most)) out.put(character > 0x20 && character < 0x7f ? character : '_');
}

void put_number_or_nil(uint64_t number, TextWriter& out) {
  out.put(' ');
  if (number == 0)
    out.put('-');
  else
    out.number(number);
}

// So much of the text as fits, with its control characters made visible.
void put_visible(std::string_view text, TextWriter& out) {
  for (size_t at = 0; at < text.size();) {
    size_t size = std::max<size_t>(character_size(text, at), 1);
    bool hidden = is_control(text[at]);
    if (out.room() < (hidden ? 4 : size)) return;
    if (hidden)
      out.put("\\x").hex(static_cast<uint8_t>(text[at]), 2);
    else
      out.put(text.substr(at, size));
    at += size;
  }
}

void write_rfc5424(const Outgoing& message, TextWriter& out) {
  out.put('<').number(message.priority.value()).put(">1 ").put(utc_text(message.utc_ms));
  put_header_field(message.host, kMaxHost, out);
  put_header_field(message.program, kMaxProgram, out);
  put_number_or_nil(message.pid, out);
  put_header_field(message.message_id, kMaxMessageId, out);
  out.put(" [meta");
  if (message.sequence != 0) out.put(" sequenceId=\"").number((message.sequence - 1) % kMaxSequenceId + 1).put('"');
  out.put(" sysUpTime=\"").number(static_cast<uint64_t>(std::max<int64_t>(message.uptime_ms, 0) / 10)).put("\"] ");
  if (encoding_of(message.text) == Encoding::Utf8) out.put(kMark);
  put_visible(message.text, out);
}

// The character at text[at] as it stands in a JSON string (RFC 8259 section 7); `size` is what it takes there.
std::string_view json_character(std::string_view text, size_t at, size_t& size, std::span<char, 8> room) {
  size = character_size(text, at);
  if (size == 0) {
    size = 1;
    return kReplacement;
  }
  TextWriter out(room);
  switch (text[at]) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (is_control(text[at])) return out.put("\\u").hex(static_cast<uint8_t>(text[at]), 4).view();
  return text.substr(at, size);
}

// As a JSON string, cut so that `spare` bytes stay free behind it.
void put_json(std::string_view text, size_t spare, TextWriter& out) {
  out.put('"');
  char room[8];
  for (size_t at = 0, size = 0; at < text.size(); at += size) {
    std::string_view character = json_character(text, at, size, room);
    if (out.room() < character.size() + 1 + spare) break;
    out.put(character);
  }
  out.put('"');
}

class JsonObject {
 public:
  explicit JsonObject(TextWriter& out) : out_(out) { out_.put('{'); }
  JsonObject& key(std::string_view key) {
    if (!first_) out_.put(',');
    first_ = false;
    out_.put('"').put(key).put("\":");
    return *this;
  }
  void text(std::string_view name, std::string_view value, size_t most) {
    if (value.empty()) return;
    key(name);
    put_json(cut(value, most), 1, out_);
  }
  void number(std::string_view name, uint64_t value) { key(name).out_.number(value); }
  void positive(std::string_view name, uint64_t value) {
    if (value != 0) number(name, value);
  }
  // The last: takes what room is left.
  void close(std::string_view name, std::string_view value) {
    key(name);
    put_json(value, 1, out_);
    out_.put('}');
  }

 private:
  TextWriter& out_;
  bool first_ = true;
};

// https://go2docs.graylog.org/current/getting_in_log_data/gelf.html: `host` and `short_message` must be there.
void write_gelf(const Outgoing& message, TextWriter& out) {
  auto utc = static_cast<uint64_t>(std::max<int64_t>(message.utc_ms, 0));
  JsonObject object(out);
  object.text("version", "1.1", 8);
  object.text("host", message.host.empty() ? "-" : message.host, kMaxHost);
  object.key("timestamp");
  out.number(utc / 1000).put('.').number(utc % 1000, 3, '0');
  object.number("level", static_cast<unsigned>(message.priority.severity));
  object.number("_facility", message.priority.facility);
  object.text("_program", message.program, kMaxProgram);
  object.positive("_pid", message.pid);
  object.text("_message_id", message.message_id, kMaxMessageId);
  object.positive("_sequence", message.sequence);
  object.number("_uptime_ms", static_cast<uint64_t>(std::max<int64_t>(message.uptime_ms, 0)));
  object.close("short_message", message.text.empty() ? "-" : message.text);
}

void write_json(const Outgoing& message, TextWriter& out) {
  JsonObject object(out);
  object.text("time", utc_text(message.utc_ms), 32);
  object.text("host", message.host, kMaxHost);
  object.text("severity", name_of(message.priority.severity), 16);
  object.number("facility", message.priority.facility);
  object.text("program", message.program, kMaxProgram);
  object.positive("pid", message.pid);
  object.text("id", message.message_id, kMaxMessageId);
  object.positive("sequence", message.sequence);
  object.number("uptime-ms", static_cast<uint64_t>(std::max<int64_t>(message.uptime_ms, 0)));
  object.close("text", message.text);
}

}  // namespace

Bytes write_message(const Outgoing& message, Format format, Framing framing, std::span<char, kMaxFrame> buffer) {
  size_t most = format == Format::Rfc5424 ? kMaxRfc5424 : kMaxJson;
  TextWriter out(buffer.subspan(kLengthRoom, most));
  switch (format) {
    case Format::Rfc5424: write_rfc5424(message, out); break;
    case Format::Gelf: write_gelf(message, out); break;
    case Format::Json: write_json(message, out); break;
  }
  size_t begin = kLengthRoom;
  size_t end = kLengthRoom + out.size();
  char digits[kLengthRoom];
  TextWriter length(digits);
  switch (framing) {
    case Framing::None: break;
    case Framing::Newline: buffer[end++] = '\n'; break;
    case Framing::Null: buffer[end++] = '\0'; break;
    case Framing::Octet:
      length.number(out.size()).put(' ');
      begin -= length.size();
      std::ranges::copy(length.view(), buffer.begin() + static_cast<ptrdiff_t>(begin));
      break;
  }
  return as_bytes({buffer.data() + begin, end - begin});
}

}  // namespace ck::syslog
