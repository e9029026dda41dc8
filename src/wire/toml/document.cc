// SPDX-License-Identifier: MIT
#include "wire/toml/document.h"

#include <algorithm>

#include "wire/toml/charconv.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_FLOAT_CHARCONV 1
#include <toml++/toml.h>

namespace ck::toml {

namespace {

Position to_position(const ::toml::source_region& region, uint8_t source) {
  return {.source = source, .line = region.begin.line, .column = region.begin.column};
}

// toml++ keeps tables sorted by key. A table that only its parts introduce stands where the first of them does.
void restore_order(Node& table) {
  for (Node& child : table.children)
    if (child.at.line == 0 && !child.children.empty()) child.at = child.children.front().at;
  std::stable_sort(table.children.begin(), table.children.end(),
                   [](const Node& a, const Node& b) { return a.at < b.at; });
}

Node to_node(const ::toml::node& from, uint8_t source) {
  Node node;
  node.at = to_position(from.source(), source);
  if (const auto* table = from.as_table()) {
    for (auto&& [key, value] : *table) {
      Node& child = node.children.emplace_back(to_node(value, source));
      child.key = key.str();
      child.at = to_position(key.source(), source);
    }
    restore_order(node);
  } else if (const auto* array = from.as_array()) {
    node.kind = Kind::Array;
    for (const ::toml::node& element : *array) node.children.push_back(to_node(element, source));
  } else if (const auto* text = from.as_string()) {
    node.kind = Kind::String;
    node.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = Kind::Integer;
    node.integer = integer->get();
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = Kind::Boolean;
    node.boolean = boolean->get();
  } else {
    node.kind = from.is_floating_point() ? Kind::Float : Kind::Time;
  }
  return node;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Table: return "a table";
    case Kind::Array: return "an array";
    case Kind::String: return "a string";
    case Kind::Integer: return "an integer";
    case Kind::Boolean: return "true or false";
    case Kind::Float: return "a float";
    case Kind::Time: return "a date or time";
  }
  return "";
}

const Node* Node::find(std::string_view name) const {
  for (const Node& child : children)
    if (child.key == name) return &child;
  return nullptr;
}

Node* Node::find(std::string_view name) {
  for (Node& child : children)
    if (child.key == name) return &child;
  return nullptr;
}

std::expected<Node, SyntaxError> parse(std::string_view text, uint8_t source) {
  if (text.size() > kMaxDocument)
    return std::unexpected(SyntaxError{.at = {}, .what = "the document is longer than 65536 bytes"});
  // The lengths of strings are counted by the text; a NUL within it is an error of TOML's.
  ::toml::parse_result result = ::toml::parse(text);
  if (!result)
    return std::unexpected(SyntaxError{.at = to_position(result.error().source(), source),
                                       .what = std::string(result.error().description())});
  return to_node(result.table(), source);
}

}  // namespace ck::toml
