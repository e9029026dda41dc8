// SPDX-License-Identifier: MIT
#include "wire/yaml/document.h"

#include <yaml.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/text.h"

namespace ck::yaml {

namespace {

using toml::Kind;
using toml::Node;
using toml::Position;
using toml::SyntaxError;

constexpr size_t kMostDigits = 18;  // fits int64_t
// YAML 1.1's, but for y and n, which name things more often than they answer.
constexpr std::string_view kTrue[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"};
constexpr std::string_view kFalse[] = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"};
constexpr std::string_view kNothing[] = {"~", "null", "Null", "NULL"};
constexpr std::string_view kTextTags[] = {"!", "tag:yaml.org,2002:str"};
constexpr std::string_view kTableTags[] = {"!", "tag:yaml.org,2002:map"};
constexpr std::string_view kArrayTags[] = {"!", "tag:yaml.org,2002:seq"};

template <typename List>
bool is_among(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

void resolve_plain(Node& node) {
  std::string_view text = node.text;
  if (is_among(kTrue, text) || is_among(kFalse, text)) {
    node.kind = Kind::Boolean;
    node.boolean = is_among(kTrue, text);
  } else if (is_among(kNothing, text)) {
    node.text.clear();
  } else if (bool minus = text.starts_with('-'); text.size() <= kMostDigits + (minus ? 1 : 0)) {
    std::string_view digits = text.substr(minus ? 1 : 0);
    auto number = parse_u64(digits);
    if (!number || (digits.size() > 1 && digits.front() == '0')) return;
    node.kind = Kind::Integer;
    node.integer = minus ? -static_cast<int64_t>(*number) : static_cast<int64_t>(*number);
  }
}

class Reader {
 public:
  Reader(std::string_view text, uint8_t source) : text_(text), source_(source) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (ready_) yaml_parser_set_input_string(&parser_, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  }
  ~Reader() {
    yaml_event_delete(&event_);
    if (ready_) yaml_parser_delete(&parser_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::expected<Node, SyntaxError> run() {
    Node root;
    bool good = next() && next();  // the stream begins, and then a document, or the stream ends
    if (good && event_.type != YAML_STREAM_END_EVENT) {
      root.at = position();
      good = next() && read(root, 0) && next() && next();  // the document ends, and then the stream
      if (good && event_.type != YAML_STREAM_END_EVENT) good = fail("a second document; only one is read");
    }
    if (!good) return std::unexpected(std::move(error_));
    return root;
  }

 private:
  bool next() {
    yaml_event_delete(&event_);
    if (ready_ && yaml_parser_parse(&parser_, &event_) != 0) return true;
    if (!ready_ || parser_.error == YAML_MEMORY_ERROR) {
      error_ = {.at = {.source = source_}, .what = "not enough memory to read it"};
    } else {
      const char* problem = parser_.problem != nullptr ? parser_.problem : "not YAML";
      error_ = {.at = parser_.error == YAML_READER_ERROR ? line_of(parser_.problem_offset)
                                                         : to_position(parser_.problem_mark),
                .what = problem};
    }
    return false;
  }

  bool fail(std::string what) {
    error_ = {.at = position(), .what = std::move(what)};
    return false;
  }

  Position to_position(const yaml_mark_t& mark) const {
    return {.source = source_,
            .line = static_cast<uint32_t>(mark.line + 1),
            .column = static_cast<uint32_t>(mark.column + 1)};
  }
  Position position() const { return to_position(event_.start_mark); }

  // Where bytes are no text at all, libyaml knows but their offset.
  Position line_of(size_t offset) const {
    std::string_view before = text_.substr(0, offset);
    auto line = std::count(before.begin(), before.end(), '\n') + 1;
    return {.source = source_, .line = static_cast<uint32_t>(line), .column = 1};
  }

  template <typename List>
  bool tag_is(const yaml_char_t* tag, const List& allowed) {
    if (tag == nullptr || is_among(allowed, reinterpret_cast<const char*>(tag))) return true;
    return fail("tags (!...) are not read");
  }

  // The event is the value's first one, and its last one when this returns.
  bool read(Node& node, size_t depth) {
    if (++nodes_ > kMaxNodes) return fail("more than " + std::to_string(kMaxNodes) + " values");
    switch (event_.type) {
      case YAML_SCALAR_EVENT: return read_text(node);
      case YAML_MAPPING_START_EVENT:
        return tag_is(event_.data.mapping_start.tag, kTableTags) && depth_is_good(depth) && read_table(node, depth);
      case YAML_SEQUENCE_START_EVENT:
        return tag_is(event_.data.sequence_start.tag, kArrayTags) && depth_is_good(depth) && read_array(node, depth);
      case YAML_ALIAS_EVENT: return fail("aliases (*...) are not read: write it out");
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
      case YAML_DOCUMENT_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: break;
    }
    return fail("no value");
  }

  bool depth_is_good(size_t depth) {
    return depth < kMaxDepth || fail("more than " + std::to_string(kMaxDepth) + " tables and arrays within each other");
  }

  bool read_text(Node& node) {
    const auto& scalar = event_.data.scalar;
    if (!tag_is(scalar.tag, kTextTags)) return false;
    node.kind = Kind::String;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if (scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nullptr) resolve_plain(node);
    return true;
  }

  bool read_table(Node& node, size_t depth) {
    node.kind = Kind::Table;
    while (next()) {
      if (event_.type == YAML_MAPPING_END_EVENT) return true;
      Node child;
      child.at = position();
      if (event_.type != YAML_SCALAR_EVENT) return fail("expected a key that is a text");
      child.key.assign(reinterpret_cast<const char*>(event_.data.scalar.value), event_.data.scalar.length);
      if (node.find(child.key) != nullptr) return fail("`" + child.key.substr(0, 40) + "` is there twice");
      if (!next() || !read(child, depth + 1)) return false;
      node.children.push_back(std::move(child));
    }
    return false;
  }

  bool read_array(Node& node, size_t depth) {
    node.kind = Kind::Array;
    while (next()) {
      if (event_.type == YAML_SEQUENCE_END_EVENT) return true;
      Node child;
      child.at = position();
      if (!read(child, depth + 1)) return false;
      node.children.push_back(std::move(child));
    }
    return false;
  }

  std::string_view text_;
  uint8_t source_;
  bool ready_ = false;
  size_t nodes_ = 0;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  SyntaxError error_;
};

}  // namespace

std::expected<Node, SyntaxError> parse(std::string_view text, uint8_t source) {
  if (text.size() > kMaxDocument)
    return std::unexpected(SyntaxError{
        .at = {.source = source}, .what = "the document is longer than " + std::to_string(kMaxDocument) + " bytes"});
  return Reader(text, source).run();
}

}  // namespace ck::yaml
