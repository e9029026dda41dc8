// SPDX-License-Identifier: MIT
// A whole document against the schema: the records that the programs read, what is set, and everything that is wrong
// with it, each with its place. What single keys cannot show is looked at as well: a router outside every network of
// its link, one address on two links, public networks that nobody consented to. At last the programs' own readers are
// asked, so that what is handed to them is what they take.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "engine/config/schema.h"
#include "wire/toml/document.h"

namespace ck::config {

inline constexpr size_t kMaxFindings = 50;

// Something that is wrong. A place without a line is the document as a whole.
struct Finding {
  toml::Position at;
  std::string path;  // "link[0].gateway"; empty where none is to blame
  std::string text;
};

struct Setting {
  std::string path;
  std::string value;
  uint8_t source = 0;  // as in toml::Position
};

struct Checked {
  std::array<std::string, kPrograms> records;  // by Program
  std::vector<Setting> settings;               // in the order of the document
  std::vector<Finding> findings;               // at most kMaxFindings
  size_t left_out = 0;                         // findings beyond these

  const std::string& of(Program program) const { return records[static_cast<size_t>(program)]; }
};

// Takes the document as its own, since a gateway without pools is rewritten as one with its only pool.
Checked check(toml::Node document);

}  // namespace ck::config
