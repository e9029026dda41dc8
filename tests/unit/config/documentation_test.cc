// SPDX-License-Identifier: MIT
// docs/configuration.md ends with the reference as the schema prints it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/config/gather.h"
#include "engine/config/reference.h"

namespace ck::config {
namespace {

std::string documentation() {
  std::ifstream file(CK_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ConfigDocumentation, EndsWithTheReference) {
  EXPECT_TRUE(documentation().ends_with(write_reference())) << "./ck config reference prints what is to stand there";
}

TEST(ConfigDocumentation, ItsExampleIsGood) {
  std::string text = documentation();
  size_t begin = text.find("```toml\n") + 8;
  Candidate example{
      .name = "example", .is_found = true, .text = text.substr(begin, text.find("```", begin) - begin), .trouble = {}};
  Outcome outcome = evaluate({&example, 1}, "");
  for (const Finding& finding : outcome.checked.findings) ADD_FAILURE() << to_line(finding, outcome);
  EXPECT_EQ(outcome.standing, Standing::Good);
  EXPECT_EQ(outcome.checked.settings.size(), 8u);
}

}  // namespace
}  // namespace ck::config
