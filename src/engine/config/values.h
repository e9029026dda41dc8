// SPDX-License-Identifier: MIT
// One value of the document against its row of the schema: the fields that it becomes in records, or what is wrong.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "engine/config/schema.h"
#include "wire/toml/document.h"

namespace ck::config {

struct Field {
  std::string key;
  std::string value;
  friend bool operator==(const Field&, const Field&) = default;
};

// `value` is one value, never the array of a list. No field: it is right, and no record tells of it. The complaint says
// what was expected and what stands there.
std::expected<std::vector<Field>, std::string> to_fields(const Key& key, const toml::Node& value);

// What is expected of a value, in words: "an integer from 1 to 4094".
std::string expected_of(const Key& key);
// As the document writes it, for people: strings without their quotes.
std::string shown(const toml::Node& value);
// The same of that key's value; of a private key nothing.
std::string shown(const Key& key, const toml::Node& value);

}  // namespace ck::config
