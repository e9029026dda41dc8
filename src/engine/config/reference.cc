// SPDX-License-Identifier: MIT
#include "engine/config/reference.h"

#include "engine/config/values.h"

namespace ck::config {

namespace {

std::string heading_of(const Section& section) {
  std::string path(section.path);
  return section.most > 0 ? "[[" + path + "]]" : "[" + path + "]";
}

std::string type_of(const Key& key) {
  std::string text = expected_of(key);
  if (key.list > 0) text += "; or an array of at most " + std::to_string(key.list);
  return text;
}

// Lines of at most 118 characters behind "# ".
std::string comment(std::string_view text) {
  constexpr size_t kWidth = 116;
  std::string out;
  while (!text.empty()) {
    size_t end = text.size() <= kWidth ? text.size() : text.rfind(' ', kWidth);
    if (end == std::string_view::npos) end = text.size();
    out.append("# ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(end < text.size() ? end + 1 : end);
  }
  return out;
}

bool has_example(const Section& section) {
  for (const Key& key : keys())
    if (key.section == section.path) return true;
  return false;
}

}  // namespace

std::string write_reference() {
  std::string out;
  for (const Section& section : sections()) {
    out.append("\n### `").append(heading_of(section)).append("`\n\n").append(section.about);
    if (section.most > 0) out += " At most " + std::to_string(section.most) + ".";
    out += "\n\n| key | value | unit | default | example | what it does |\n|---|---|---|---|---|---|\n";
    for (const Key& key : keys()) {
      if (key.section != section.path) continue;
      out.append("| `").append(key.name).append("` | ").append(type_of(key)).append(" | ").append(key.unit);
      out.append(" | ").append(key.otherwise).append(" | `").append(key.example).append("` | ").append(key.about);
      out += " |\n";
    }
  }
  return out;
}

std::string write_example() {
  std::string out =
      "# corekms.toml: every key that there is, with an example of its value. A key that is not given has its "
      "default.\n"
      "# Nothing at all needs to be configured where DNS knows the KMS host and addresses are acquired.\n";
  for (const Section& section : sections()) {
    if (!has_example(section)) continue;
    out.append("\n").append(comment(section.about)).append("#").append(heading_of(section)).append("\n");
    for (const Key& key : keys()) {
      if (key.section != section.path) continue;
      out.append(comment(key.about)).append("#").append(key.name).append(" = ").append(key.example);
      out.append("  # default: ").append(key.otherwise).append("\n");
    }
  }
  return out;
}

}  // namespace ck::config
