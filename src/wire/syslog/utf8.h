// SPDX-License-Identifier: MIT
// UTF-8 (RFC 3629): what is a character and what is not. Overlong forms, surrogates and what is above U+10FFFF are not.
#pragma once

#include <cstddef>
#include <string_view>

namespace ck::syslog {

// Bytes of the character at text[at], 1 to 4; 0 where none stands there. `at` is below text.size().
size_t character_size(std::string_view text, size_t at);

enum class Encoding : unsigned char { Ascii, Utf8, Other };
Encoding encoding_of(std::string_view text);

// The longest beginning of `text` of at most `size` bytes that cuts no character in two.
std::string_view cut(std::string_view text, size_t size);

}  // namespace ck::syslog
