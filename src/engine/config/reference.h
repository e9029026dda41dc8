// SPDX-License-Identifier: MIT
// What the schema says, for people: the tables of docs/configuration.md and a whole document as an example.
#pragma once

#include <string>

namespace ck::config {

// Markdown: every table with its keys, their types, units, defaults and examples.
std::string write_reference();
// TOML with every key, each a comment but for the few that make a sensible start.
std::string write_example();

}  // namespace ck::config
