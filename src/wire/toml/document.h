// SPDX-License-Identifier: MIT
// A TOML 1.0 document as a tree of values, each with its place in the text, so that whoever finds one wrong can say
// where it stands. The parsing is toml++'s; this is all that the rest sees of it. Unlike most of wire it allocates, as
// much as the text is long: it is for programs that end after reading one document.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ck::toml {

inline constexpr size_t kMaxDocument = size_t{64} * 1024;  // bytes

// Line and column from 1, columns in characters; 0: of no place in a text.
struct Position {
  uint8_t source = 0;  // which of several texts, as who parses them numbers them
  uint32_t line = 0;
  uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

enum class Kind : uint8_t { Table, Array, String, Integer, Boolean, Float, Time };

// "a table", "an array" and so on, for messages.
std::string_view name_of(Kind kind);

struct Node {
  Kind kind = Kind::Table;
  Position at;       // of the key in a table, of the value in an array
  std::string key;   // in a table
  std::string text;  // of a String
  int64_t integer = 0;
  bool boolean = false;
  std::vector<Node> children;  // of a Table or Array, in the order of the text

  // A table's value of that key, or null.
  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
};

struct SyntaxError {
  Position at;
  std::string what;
};

// The document as a Table. Errors: longer than kMaxDocument, and the first that breaks TOML's rules.
std::expected<Node, SyntaxError> parse(std::string_view text, uint8_t source = 0);

}  // namespace ck::toml
