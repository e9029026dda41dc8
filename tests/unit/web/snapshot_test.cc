// SPDX-License-Identifier: MIT
#include "engine/web/snapshot.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::web {
namespace {

std::string word(const std::string& process, const std::string& gateway, const char* name = "gatewayd") {
  std::string init =
      process.empty() ? "" : "program name=" + std::string(name) + " role=service state=" + process + "\n";
  std::string gatewayd = gateway.empty() ? "" : "gateway state=" + gateway + "\n";
  Service service = service_of({.files = {init, {}, gatewayd}});
  return std::string(service.word.text) + (service.serving ? " serving" : "");
}

TEST(WebSnapshot, ServesOnlyWhatRunsAndSaysSo) {
  EXPECT_EQ(word("running", "serving"), "SERVING serving");
  EXPECT_EQ(word("running", "waiting"), "WAITING");
  EXPECT_EQ(word("running", "draining"), "STOPPING");
  EXPECT_EQ(word("", "serving"), "SERVING serving");  // without init, as in a test
  EXPECT_EQ(word("", ""), "STARTING");
}

TEST(WebSnapshot, DoesNotBelieveWhatADeadGatewaySaidLast) {
  EXPECT_EQ(word("backoff", "serving"), "RESTARTING");
  EXPECT_EQ(word("stopped", "serving"), "STOPPED");
  EXPECT_EQ(word("starting", "serving"), "STARTING");
  std::string init = "program name=gatewayd role=service state=backoff\n";
  EXPECT_FALSE(gateway_record({.files = {init, {}, "gateway state=serving\n"}}).has_value());
}

TEST(WebSnapshot, AForeignServiceServesWhileItRuns) {
  EXPECT_EQ(word("running", "", "service"), "RUNNING serving");
  EXPECT_EQ(word("running", "waiting", "service"), "RUNNING serving");  // of a gateway that is not there
  EXPECT_EQ(word("backoff", "", "service"), "RESTARTING");
}

TEST(WebSnapshot, CountsProblems) {
  std::string init =
      "program name=netd role=core state=running restarts=0\nprogram name=console role=core state=backoff\n"
      "program name=gatewayd role=service state=running restarts=1\nproblem text=x\n";
  EXPECT_EQ(count_problems({.files = {init}}), 3u);
  EXPECT_EQ(count_problems({.files = {init, "problem text=y\n"}}), 4u);
  EXPECT_EQ(count_problems({}), 0u);
}

}  // namespace
}  // namespace ck::web
