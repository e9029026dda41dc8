// SPDX-License-Identifier: MIT
// What is found of a document in one of the places where one may be.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ck::config {

struct Content {
  std::string text;
  std::string trouble;  // why it cannot be read; the text is then empty
};

// A place where a document may come from.
struct Candidate {
  std::string name;  // for people: "SMBIOS", "volume COREKMS (sda1)"
  bool is_found = false;
  std::string text;
  std::string trouble;                  // as in Content; such a one is broken, not absent
  std::vector<std::string> notes = {};  // what lies there and is not for this system
};

inline Candidate absent(std::string_view name) {
  return {.name = std::string(name), .is_found = false, .text = {}, .trouble = {}};
}
inline Candidate found(std::string_view name, Content content) {
  return {.name = std::string(name),
          .is_found = true,
          .text = std::move(content.text),
          .trouble = std::move(content.trouble)};
}

}  // namespace ck::config
