// SPDX-License-Identifier: MIT
#include "wire/state/record.h"

namespace ck::state {

void RecordWriter::put(char character) {
  if (at_ == buffer_.size()) {
    overflow_ = true;
    return;
  }
  buffer_[at_++] = character;
}

void RecordWriter::put_plain(std::string_view text) {
  size_t taken = text.copy(buffer_.data() + at_, buffer_.size() - at_);
  at_ += taken;
  if (taken < text.size()) overflow_ = true;
}

void RecordWriter::put_encoded(std::string_view text) {
  size_t plain = 0;  // what begins here need not be encoded
  for (size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<uint8_t>(text[i]);
    if (byte > 0x20 && byte <= 0x7e && byte != '%') continue;
    put_plain(text.substr(plain, i - plain));
    plain = i + 1;
    put('%');
    put("0123456789abcdef"[byte >> 4]);
    put("0123456789abcdef"[byte & 0xf]);
  }
  put_plain(text.substr(plain));
}

RecordWriter& RecordWriter::begin(std::string_view kind) {
  at_ = complete_;
  overflow_ = false;
  put_encoded(kind);
  return *this;
}

RecordWriter& RecordWriter::field(std::string_view key, std::string_view value) {
  put(' ');
  put_encoded(key);
  put('=');
  put_encoded(value);
  return *this;
}

RecordWriter& RecordWriter::field(std::string_view key, int64_t value) {
  char digits[24];
  TextWriter out(digits);
  out.signed_number(value);
  return field(key, out.view());
}

bool RecordWriter::end() {
  put('\n');
  if (overflow_) {
    truncated_ = true;
    at_ = complete_;
    return false;
  }
  complete_ = at_;
  return true;
}

std::string_view Record::kind() const { return line_.substr(0, line_.find(' ')); }

std::optional<std::string_view> Record::raw(std::string_view key) const {
  Splitter fields(line_, ' ');
  (void)fields.next();  // the kind
  while (auto field = fields.next()) {
    if (field->size() > key.size() && field->starts_with(key) && (*field)[key.size()] == '=')
      return field->substr(key.size() + 1);
  }
  return std::nullopt;
}

std::optional<int64_t> Record::number(std::string_view key) const {
  auto value = raw(key);
  if (!value) return std::nullopt;
  bool negative = value->starts_with("-");
  auto magnitude = parse_u64(value->substr(negative ? 1 : 0));
  if (!magnitude || *magnitude > INT64_MAX) return std::nullopt;
  auto number = static_cast<int64_t>(*magnitude);
  return negative ? -number : number;
}

bool Record::read(std::string_view key, TextWriter& out) const {
  auto value = raw(key);
  return value && decode(*value, out);
}

bool Record::decode(std::string_view encoded, TextWriter& out) {
  for (size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      out.put(encoded[i]);
      continue;
    }
    if (i + 2 >= encoded.size()) return false;
    auto high = hex_digit(encoded[i + 1]);
    auto low = hex_digit(encoded[i + 2]);
    if (!high || !low) return false;
    out.put(static_cast<char>(*high << 4 | *low));
    i += 2;
  }
  return true;
}

std::optional<Record> RecordReader::next() {
  while (auto line = lines_.next())
    if (!line->empty()) return Record(*line);
  return std::nullopt;
}

}  // namespace ck::state
