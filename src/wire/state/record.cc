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

void RecordWriter::put_encoded(std::string_view text) {
  for (char character : text) {
    auto byte = static_cast<uint8_t>(character);
    if (byte > 0x20 && byte <= 0x7e && byte != '%') {
      put(character);
      continue;
    }
    put('%');
    put("0123456789abcdef"[byte >> 4]);
    put("0123456789abcdef"[byte & 0xf]);
  }
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
