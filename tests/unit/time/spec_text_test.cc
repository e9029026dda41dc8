// SPDX-License-Identifier: MIT
#include "engine/time/spec_text.h"

#include <gtest/gtest.h>

#include <string>

namespace ck::timekeeping {
namespace {

TEST(TimeSpecText, NothingIsTheDefaults) {
  auto spec = parse_spec("");
  ASSERT_TRUE(spec.has_value());
  EXPECT_TRUE(spec->servers.empty());
  EXPECT_EQ(spec->learnt, UseLearnt::Yes);
  EXPECT_EQ(spec->max_slew, 500ms);
}

TEST(TimeSpecText, EverythingIsRead) {
  auto spec = parse_spec(
      "# the two of the data centre, then whom DHCP names\n"
      "server address=192.0.2.123\n"
      "server address=[2001:db8::123]:1123\n"
      "server name=Time.example.org\n"
      "server name=time.example.org:1123\n"
      "\n"
      "use learnt=off\n"
      "limits max-slew-ms=250\n"
      "mode observe=on\n");
  ASSERT_TRUE(spec.has_value());
  std::string servers;
  for (const resolver::Endpoint& endpoint : spec->servers) {
    servers += std::string(endpoint.name.view()) + " " + std::to_string(endpoint.port);
    servers += endpoint.address ? " address\n" : " name\n";
  }
  EXPECT_EQ(servers,
            "192.0.2.123 123 address\n2001:db8::123 1123 address\ntime.example.org 123 name\n"
            "time.example.org 1123 name\n");
  EXPECT_EQ(spec->learnt, UseLearnt::No);
  EXPECT_EQ(spec->max_slew, 250ms);
  EXPECT_EQ(spec->mode, Mode::Observe);
}

TEST(TimeSpecText, EveryErrorIsToldWithLineAndKey) {
  struct Case {
    const char* text;
    unsigned line;
    const char* key;
    const char* complaint;
  };
  const Case cases[] = {
      {"peer address=192.0.2.1\n", 1, "", "not a kind of record"},
      {"\nserver\n", 2, "", "a server has either an address or a name"},
      {"server address=192.0.2.1 name=a.example\n", 1, "", "a server has either an address or a name"},
      {"server address=time.example.org\n", 1, "address", "neither ADDRESS nor ADDRESS:PORT"},
      {"server address=192.0.2.256\n", 1, "address", "neither ADDRESS nor ADDRESS:PORT"},
      {"server address=192.0.2.1:0\n", 1, "address", "neither ADDRESS nor ADDRESS:PORT"},
      {"server name=192.0.2.1\n", 1, "name", "neither NAME nor NAME:PORT"},
      {"server name=bad..name\n", 1, "name", "neither NAME nor NAME:PORT"},
      {"server address=192.0.2.1 iburst\n", 1, "iburst", "not KEY=VALUE"},
      {"server address=192.0.2.1 prefer=yes\n", 1, "prefer", "not a key of this record"},
      {"server address=192.0.2.1\nserver address=192.0.2.1:123\n", 2, "address", "the same server again"},
      {"use learnt=maybe\n", 1, "learnt", "neither on nor off"},
      {"use\n", 1, "learnt", "neither on nor off"},
      {"mode observe=perhaps\n", 1, "observe", "neither on nor off"},
      {"limits max-slew-ms=0\n", 1, "max-slew-ms", "not 1 to 5000 milliseconds"},
      {"limits max-slew-ms=5001\n", 1, "max-slew-ms", "not 1 to 5000 milliseconds"},
      {"server address=192.0.2.1\nserver address=192.0.2.2\nserver address=192.0.2.3\nserver address=192.0.2.4\n"
       "server address=192.0.2.5\n",
       5, "", "one too many"},
  };
  for (const Case& one : cases) {
    auto spec = parse_spec(one.text);
    ASSERT_FALSE(spec.has_value()) << one.text;
    ASSERT_EQ(spec.error().size(), 1u) << one.text;
    EXPECT_EQ(spec.error()[0].line, one.line) << one.text;
    EXPECT_EQ(spec.error()[0].key, one.key) << one.text;
    EXPECT_EQ(spec.error()[0].complaint, one.complaint) << one.text;
  }
}

TEST(TimeSpecText, AllErrorsAreToldAsFarAsThereIsRoom) {
  EXPECT_EQ(parse_spec("use learnt=x\nlimits max-slew-ms=x\nclock\n").error().size(), 3u);
  std::string many;
  for (int i = 0; i < 20; ++i) many += "clock\n";
  EXPECT_EQ(parse_spec(many).error().size(), state::kMaxSpecErrors);
}

}  // namespace
}  // namespace ck::timekeeping
