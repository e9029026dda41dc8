// SPDX-License-Identifier: MIT
#include "engine/gateway/spec_text.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace ck::gateway {
namespace {

std::string errors_of(std::string_view text) {
  auto spec = parse_spec(text);
  std::string all;
  if (spec) return "none";
  for (const SpecError& error : spec.error()) {
    if (!all.empty()) all += "; ";
    all += std::to_string(error.line) + ' ' + std::string(error.key.view()) + ' ' + std::string(error.complaint);
  }
  return all;
}

TEST(GatewaySpec, NothingIsAGatewayThatWorks) {
  for (const char* text : {"", "\n\n# nothing\n"}) {
    auto spec = parse_spec(text);
    ASSERT_TRUE(spec);
    ASSERT_EQ(spec->pools.size(), 1u);
    EXPECT_EQ(spec->pools[0].name, "kms");
    ASSERT_EQ(spec->pools[0].listeners.size(), 1u);
    EXPECT_EQ(spec->pools[0].listeners[0].port, 1688);
    ASSERT_EQ(spec->pools[0].policy.interfaces.size(), 1u);
    EXPECT_EQ(spec->pools[0].policy.interfaces[0].interface, dcerpc::kKmsInterface);
    EXPECT_TRUE(spec->pools[0].policy.interfaces[0].allows(0));
    EXPECT_FALSE(spec->pools[0].policy.interfaces[0].allows(1));
    EXPECT_EQ(spec->pools[0].checks, Checks::Active);
    EXPECT_EQ(spec->sources, access::standard_networks());
  }
}

TEST(GatewaySpec, EveryKeyIsRead) {
  auto spec = parse_spec(
      "pool name=windows mode=monitor alter=validated calls=9 concurrency=8 checks=none proxy=v2 source4=192.0.2.2 "
      "source6=2001:db8::2 interface=eth1\n"
      "listener pool=windows port=1690 address=192.0.2.2\n"
      "upstream pool=windows host=kms.example.org:1700\n"
      "domain pool=windows name=example.org\n"
      "interface pool=windows uuid=12345678-1234-abcd-ef00-0123456789ab version=2.1 opnums=0,3-5\n"
      "pool name=office\n"
      "source network=8.8.8.0/24 public=yes\n"
      "source network=192.0.2.9\n"
      "balancer network=192.0.2.7\n"
      "limits connections=100 per-source=3 burst=7 per-minute=120 first-byte-ms=100 bind-ms=200 queue-ms=300 "
      "connect-ms=400 call-ms=500 session-ms=600\n");
  ASSERT_TRUE(spec);
  ASSERT_EQ(spec->pools.size(), 2u);
  const PoolSpec& pool = spec->pools[0];
  EXPECT_EQ(pool.policy.mode, Mode::Monitor);
  EXPECT_EQ(pool.policy.alter, Alter::Validated);
  EXPECT_EQ(pool.policy.calls, 9);
  EXPECT_EQ(pool.concurrency, 8);
  EXPECT_EQ(pool.checks, Checks::None);
  EXPECT_EQ(pool.proxy, ProxyOut::Version2);
  EXPECT_EQ(pool.source4, parse_ip("192.0.2.2"));
  EXPECT_EQ(pool.source6, parse_ip("2001:db8::2"));
  EXPECT_EQ(pool.interface, "eth1");
  EXPECT_EQ(pool.listeners[0].port, 1690);
  EXPECT_EQ(pool.listeners[0].address, parse_ip("192.0.2.2"));
  EXPECT_EQ(pool.upstreams[0].port, 1700);
  EXPECT_EQ(pool.domains[0].view(), "example.org");
  ASSERT_EQ(pool.policy.interfaces.size(), 1u) << "the standard one is replaced";
  EXPECT_EQ(pool.policy.interfaces[0].interface.major, 2);
  EXPECT_EQ(pool.policy.interfaces[0].interface.minor, 1);
  for (uint16_t opnum = 0; opnum < 8; ++opnum)
    EXPECT_EQ(pool.policy.interfaces[0].allows(opnum), opnum == 0 || (opnum >= 3 && opnum <= 5)) << opnum;
  EXPECT_EQ(spec->pools[1].policy.interfaces[0].interface, dcerpc::kKmsInterface);
  EXPECT_EQ(spec->pools[1].listeners[0].port, 1688);
  ASSERT_EQ(spec->sources.size(), 2u);
  EXPECT_EQ(spec->sources[1].length, 32);
  EXPECT_TRUE(spec->balancers[0].contains(*parse_ip("192.0.2.7")));
  EXPECT_EQ(spec->connections, 100);
  EXPECT_EQ(spec->source.connections, 3);
  EXPECT_EQ(spec->source.burst, 7);
  EXPECT_EQ(spec->source.interval, 500ms);
  EXPECT_EQ(spec->limits.first_byte, 100ms);
  EXPECT_EQ(spec->limits.session, 600ms);
}

TEST(GatewaySpec, EachErrorNamesItsLineAndKey) {
  EXPECT_EQ(errors_of("nonsense\n"), "1  not a kind of record");
  EXPECT_EQ(errors_of("pool name=a\npool name=a\n"), "2 name a second pool of this name");
  EXPECT_EQ(errors_of("pool\n"), "1 name not 1 to 24 bytes");
  EXPECT_EQ(errors_of("pool name=a colour=red\n"), "1 colour not a key of this record");
  EXPECT_EQ(errors_of("pool name=a calls\n"), "1 calls not KEY=VALUE");
  EXPECT_EQ(errors_of("pool name=a calls=0 concurrency=1025\n"),
            "1 calls not a number within its bounds; 1 concurrency not a number within its bounds");
  EXPECT_EQ(errors_of("pool name=a source4=::1\n"), "1 source4 not an IPv4 address");
  EXPECT_EQ(errors_of("upstream pool=a host=x\n"), "1 pool not a pool that was introduced before");
  EXPECT_EQ(errors_of("pool name=a\nlistener pool=a port=0\n"), "2 port not a port");
  EXPECT_EQ(errors_of("pool name=a\nlistener pool=a\nlistener pool=a\n"), "3 port already listened on");
  EXPECT_EQ(errors_of("pool name=a\nlistener pool=a\nlistener pool=a address=192.0.2.5\n"),
            "3 port already listened on")
      << "of all addresses";
  EXPECT_EQ(errors_of("pool name=a\nupstream pool=a host=a:b:c\n"), "2 host neither HOST nor HOST:PORT");
  EXPECT_EQ(errors_of("pool name=a\ndomain pool=a name=..\n"), "2 name not a domain");
  EXPECT_EQ(errors_of("pool name=a\ninterface pool=a uuid=x\n"), "2 uuid not a UUID");
  EXPECT_EQ(errors_of("pool name=a\ninterface pool=a uuid=51c82175-844e-4750-b0d8-ec255555bc06 version=1\n"),
            "2 version not MAJOR.MINOR");
  EXPECT_EQ(
      errors_of("pool name=a\ninterface pool=a uuid=51c82175-844e-4750-b0d8-ec255555bc06 version=1.0 opnums=5-2\n"),
      "2 opnums not numbers and ranges such as 0,2-4");
  EXPECT_EQ(errors_of("source network=8.8.8.8\n"), "1 network a public network, without public=yes");
  EXPECT_EQ(errors_of("source network=0.0.0.0/0\n"), "1 network a public network, without public=yes");
  EXPECT_EQ(errors_of("source network=10.0.0.0/8 public=no\n"), "1 public not yes");
  EXPECT_EQ(errors_of("limits bind-ms=5\n"), "1 bind-ms not 10 to 600000 milliseconds");
  EXPECT_EQ(errors_of("pool name=a\npool name=b\n"), "0 pool two pools want port 1688: give them listeners");
}

TEST(GatewaySpec, MoreErrorsThanThereIsRoomForAreStillAnError) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "nonsense\n";
  auto spec = parse_spec(text);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().size(), state::kMaxSpecErrors);
}

TEST(GatewaySpec, ListsThatAreFullAreErrors) {
  std::string text = "pool name=a\n";
  for (size_t i = 0; i <= kMaxUpstreams; ++i) text += "upstream pool=a host=h" + std::to_string(i) + "\n";
  EXPECT_EQ(errors_of(text), std::to_string(kMaxUpstreams + 2) + "  one too many");
}

}  // namespace
}  // namespace ck::gateway
