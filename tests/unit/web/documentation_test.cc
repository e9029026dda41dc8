// SPDX-License-Identifier: MIT
// docs/web.md shows the tables of the document and of the metrics as the code has them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"
#include "engine/web/json.h"
#include "engine/web/metrics.h"

namespace ck::web {
namespace {

std::string documentation() {
  std::ifstream file(CK_SOURCE_DIR "/docs/web.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "name, *port*": numbers are slanted.
std::string keys_of(const JsonSection& section) {
  std::string text;
  Splitter keys(section.fields, ' ');
  while (auto key = keys.next()) {
    if (!text.empty()) text += ", ";
    bool is_number = key->starts_with('#');
    std::string name(key->substr(is_number ? 1 : 0));
    for (char& character : name)
      if (character == '-') character = '_';
    text += is_number ? "*" + name + "*" : name;
  }
  return text;
}

std::string labels_of(const Metric& metric) {
  std::string text;
  if (metric.labels.empty()) return metric.value == Value::Buckets ? "le" : "-";
  Splitter labels(metric.labels, ' ');
  while (auto label = labels.next()) {
    if (!text.empty()) text += ", ";
    text += label->substr(0, label->find('='));
  }
  return metric.value == Value::Buckets ? text + ", le" : text;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(WebDocumentation, HasEachSectionOfTheDocument) {
  std::string text = documentation();
  for (const JsonSection& section : json_sections()) {
    std::string row = "| `" + std::string(section.name) + "` | " + (section.shape == Shape::List ? "list" : "object") +
                      " | " + keys_of(section) + " |\n";
    EXPECT_EQ(count(text, row), 1u) << row;
  }
  EXPECT_EQ(count(text, "` | list | ") + count(text, "` | object | "), json_sections().size());
}

TEST(WebDocumentation, HasEachMetric) {
  std::string text = documentation();
  for (const Metric& metric : metrics()) {
    std::string row = "| `" + std::string(metric.name) + "` | " + std::string(name_of(metric.type)) + " | " +
                      labels_of(metric) + " | " + std::string(metric.help) + " |\n";
    EXPECT_EQ(count(text, row), 1u) << row;
  }
  EXPECT_EQ(count(text, "| `corekms_"), metrics().size());
}

}  // namespace
}  // namespace ck::web
