// SPDX-License-Identifier: MIT
// Text of a bounded size that is made of parts which are there whole or not at all. What the network gave goes in by
// put_html(), put_json() or put_label() alone: each leaves nothing that could end the place it stands in, and makes
// valid UTF-8 of anything (what is none becomes U+FFFD).
// A reserve is kept back for the frame around the parts, which frame() puts: brackets and headings stand whatever is
// cut.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ck::web {

class Body {
 public:
  explicit Body(std::span<char> buffer, size_t reserve = 0)
      : buffer_(buffer), limit_(reserve < buffer.size() ? buffer.size() - reserve : 0) {}

  Body& put(std::string_view text);    // as it is: text of ours
  Body& frame(std::string_view text);  // the same, out of the reserve where nothing else is left
  Body& number(int64_t value);
  // `value` times 10^-digits, as a decimal fraction: scaled(1250, 3) is "1.25", scaled(-5, 3) is "-0.005".
  Body& scaled(int64_t value, unsigned digits);

  Body& put_html(std::string_view text);   // between tags and within "..." of an attribute
  Body& put_plain(std::string_view text);  // a part of a line of plain text
  Body& put_json(std::string_view text);   // within "..." of a JSON string (RFC 8259 section 7)
  Body& put_label(std::string_view text);  // within "..." of a Prometheus label value

  // What `write` puts, or nothing of it when it does not fit; false then, and was_cut() from then on.
  template <typename Write>
  bool attempt(Write write) {
    size_t start = size_;
    bool before = overflow_;
    write();
    if (!overflow_) return true;
    size_ = start;
    overflow_ = before;
    cut_ = true;
    return false;
  }
  bool was_cut() const { return cut_; }

  size_t size() const { return size_; }
  std::string_view view() const { return {buffer_.data(), size_}; }
  // Something outside of an attempt() did not fit: the buffer is too small even for the frame.
  bool overflowed() const { return overflow_; }

 private:
  template <typename Escape>
  Body& put_escaped(std::string_view text, Escape escape);

  std::span<char> buffer_;
  size_t limit_;
  size_t size_ = 0;
  bool overflow_ = false;
  bool cut_ = false;
};

}  // namespace ck::web
