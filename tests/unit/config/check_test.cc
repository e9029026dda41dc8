// SPDX-License-Identifier: MIT
#include "engine/config/check.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "engine/config/gather.h"
#include "engine/config/reference.h"
#include "engine/gateway/spec_text.h"
#include "engine/netconf/spec_text.h"
#include "support/certificates.h"
#include "wire/state/record.h"

namespace ck::config {
namespace {

Outcome outcome_of(std::string_view document, std::string_view command_line = "") {
  Candidate candidate{.name = "doc", .is_found = true, .text = std::string(document), .trouble = {}};
  return evaluate({&candidate, 1}, command_line);
}

std::vector<std::string> findings(std::string_view document, std::string_view command_line = "") {
  Outcome outcome = outcome_of(document, command_line);
  std::vector<std::string> lines;
  for (const Finding& finding : outcome.checked.findings) lines.push_back(to_line(finding, outcome));
  EXPECT_EQ(outcome.standing == Standing::Broken, !lines.empty());
  return lines;
}

std::string records(Program program, std::string_view document, std::string_view command_line = "") {
  Outcome outcome = outcome_of(document, command_line);
  for (const Finding& finding : outcome.checked.findings) ADD_FAILURE() << to_line(finding, outcome);
  return outcome.checked.of(program);
}

using Lines = std::vector<std::string>;

TEST(ConfigCheck, LinksBecomeTheRecordsOfNetd) {
  EXPECT_EQ(records(Program::Netd, R"(
[[link]]
name = "eth0"
dhcp4 = false
addresses = ["192.0.2.5/24", "2001:db8::5/64"]
gateway = ["192.0.2.1", "2001:db8::1"]
dns = "192.0.2.53"
search = ["example.org"]
fallback = true
mtu = 1400
[[link.routes]]
to = "198.51.100.0/24"
via = "192.0.2.9"
[[link]]
mac = "52:54:00:AB:cd:ef"
addresses = "198.51.100.7/24"
)"),
            "link name=eth0 dhcp4=off use=fallback mtu=1400\n"
            "address link=eth0 address=192.0.2.5/24\n"
            "address link=eth0 address=2001:db8::5/64\n"
            "route link=eth0 destination=default gateway=192.0.2.1\n"
            "route link=eth0 destination=default6 gateway=2001:db8::1\n"
            "dns link=eth0 address=192.0.2.53\n"
            "search link=eth0 name=example.org\n"
            "route link=eth0 destination=198.51.100.0/24 gateway=192.0.2.9\n"
            "link mac=52:54:00:ab:cd:ef\n"
            "address link=52:54:00:ab:cd:ef address=198.51.100.7/24\n");
}

TEST(ConfigCheck, AGatewayWithoutPoolsIsItsOnlyPool) {
  EXPECT_EQ(records(Program::Gatewayd, R"(
[gateway]
upstreams = ["kms1.example.org", "192.0.2.10:1700"]
sources = ["10.0.0.0/8", "8.8.8.8"]
public-sources = true
mode = "monitor"
[gateway.limits]
connections = 100
)"),
            "source network=10.0.0.0/8\n"
            "source network=8.8.8.8/32 public=yes\n"
            "limits connections=100\n"
            "pool name=kms mode=monitor\n"
            "upstream pool=kms host=kms1.example.org:1688\n"
            "upstream pool=kms host=192.0.2.10:1700\n");
}

TEST(ConfigCheck, PoolsHaveTheirOwnListenersAndInterfaces) {
  EXPECT_EQ(records(Program::Gatewayd, R"(
[[gateway.pool]]
name = "office"
listen = [1689, "192.0.2.5:1690", "[2001:db8::5]:1691"]
checks = false
interfaces = [{ uuid = "51c82175-844e-4750-b0d8-ec255555bc06", version = "1.0", opnums = 0 }]
)"),
            "pool name=office checks=none\n"
            "listener pool=office port=1689\n"
            "listener pool=office port=1690 address=192.0.2.5\n"
            "listener pool=office port=1691 address=2001:db8::5\n"
            "interface pool=office uuid=51c82175-844e-4750-b0d8-ec255555bc06 version=1.0 opnums=0\n");
}

TEST(ConfigCheck, LogsTimeAndThePage) {
  constexpr std::string_view kDocument = R"(
[log]
ring-bytes = 131072
learnt = false
[[log.target]]
kind = "tcp"
address = "[2001:db8::9]:601"
framing = "newline"
[[log.target]]
kind = "udp"
address = "192.0.2.9"
[time]
servers = ["192.0.2.123", "time.example.org:1123", "2001:db8::7"]
learnt = false
max-slew-ms = 100
[web]
logs = false
listen = 8080
sources = "10.0.0.0/8"
)";
  EXPECT_EQ(records(Program::Logd, kDocument),
            "ring bytes=131072\n"
            "learnt use=off\n"
            "target kind=tcp address=[2001:db8::9]:601 framing=newline\n"
            "target kind=udp address=192.0.2.9\n");
  EXPECT_EQ(records(Program::Timed, kDocument),
            "server address=192.0.2.123\n"
            "server name=time.example.org:1123\n"
            "server address=2001:db8::7\n"
            "use learnt=off\n"
            "limits max-slew-ms=100\n");
  EXPECT_EQ(records(Program::Webd, kDocument), "serve logs=off\nlisten port=8080\nsource network=10.0.0.0/8\n");
  EXPECT_EQ(
      findings(
          "[web]\nsources='8.8.8.0/24'\n[time]\nlearnt=[true]\n[[log.target]]\nkind='udp'\naddress='log example'\n"),
      (Lines{
          "doc:2:1: web.sources: \"8.8.8.0/24\" is routed in the Internet: set public-sources = true if that is meant",
          "doc:4:1: time.learnt: expected true or false, not an array",
          "doc:7:1: log.target[0].address: expected HOST or HOST:PORT, not \"log example\""}));
}

TEST(ConfigCheck, TheScreenAndWhatIsLogged) {
  EXPECT_EQ(records(Program::System, R"(
[system]
timezone = "CET-1CEST,M3.5.0,M10.5.0/3"
log-level = "warning"
power-keys = false
consoles = ["tty1", "ttyS0"]
dumb-consoles = "ttyS0"
)"),
            "system timezone=CET-1CEST,M3.5.0,M10.5.0/3 log-level=warning power-keys=off\n"
            "console name=tty1\n"
            "console name=ttyS0\n"
            "dumb-console name=ttyS0\n");
  EXPECT_EQ(records(Program::System, "", "corekms.system.consoles=ttyS0,hvc0 corekms.system.timezone=+01:00"),
            "system timezone=+01:00\nconsole name=ttyS0\nconsole name=hvc0\n");
  EXPECT_EQ(
      findings("[system]\ntimezone = \"Europe/Berlin\"\nlog-level = \"loud\"\nconsoles = [\"mem\", \"tty../x\"]\n"),
      (Lines{"doc:2:1: system.timezone: expected a POSIX TZ text such as \"CET-1CEST,M3.5.0,M10.5.0/3\", or an "
             "offset such as \"+01:00\", not \"Europe/Berlin\"",
             "doc:3:1: system.log-level: expected \"error\", \"warning\", \"notice\" or \"info\", not \"loud\"",
             "doc:4:13: system.consoles[0]: expected the name of a terminal such as \"ttyS0\", or \"none\", not "
             "\"mem\"",
             "doc:4:20: system.consoles[1]: expected the name of a terminal such as \"ttyS0\", or \"none\", not "
             "\"tty../x\""}));
  EXPECT_EQ(findings("[system]\nconsoles = [\"none\", \"tty1\"]\n"),
            (Lines{"doc: system: name: none, and others (console name=tty1)"}));
}

TEST(ConfigCheck, HostsGetTheirPort) {
  struct Case {
    std::string text;
    std::string host;
  };
  for (const Case& good : {Case{"kms.example.org", "kms.example.org:1688"}, Case{"192.0.2.1:99", "192.0.2.1:99"},
                           Case{"[2001:db8::1]:7", "[2001:db8::1]:7"}, Case{"2001:db8::2", "[2001:db8::2]:1688"},
                           Case{"kms_1.example.org:65535", "kms_1.example.org:65535"}})
    EXPECT_EQ(records(Program::Gatewayd, "[gateway]\nupstreams='" + good.text + "'\n"),
              "pool name=kms\nupstream pool=kms host=" + good.host + "\n");
}

TEST(ConfigCheck, WhatIsNeitherAddressNorNameIsNoHost) {
  for (std::string bad :
       {"",       ":",      ":1688", "a:",   "a:0",       "a:65536",     "a:1x",      "[::1",
        "[::1]x", "[::1]:", "[a]:1", "[]",   "256.0.0.1", "192.0.2",     "1.2.3.4.5", "a b",
        "a/b",    "-a",     "a-",    "a..b", ".",         "2001:db8::g", "1:2:3",     "host_name.exa mple"})
    EXPECT_EQ(findings("[gateway]\nupstreams='" + bad + "'\n").size(), 1u) << bad;
  std::string label(63, 'a');
  EXPECT_EQ(findings("[gateway]\nupstreams='" + label + "a'\n").size(), 1u);
  EXPECT_EQ(findings("[gateway]\nupstreams='" + label + "." + label + "." + label + "." + label + "'\n").size(), 1u);
}

TEST(ConfigCheck, EverythingWrongIsToldWithItsPlace) {
  EXPECT_EQ(findings(R"([system]
hostnam = "a"
[gateway]
upstreams = [1688, "kms.example.org", "a b"]
mode = "off"
[gateway.limits]
connections = 0
burst = "many"
[[link]]
name = "eth0"
dhcp4 = "no"
[nothing]
)"),
            (Lines{"doc:2:1: system.hostnam: not a key of [system]; `hostname` is",
                   "doc:4:14: gateway.pool[0].upstreams[0]: expected HOST or HOST:PORT, not 1688",
                   "doc:4:39: gateway.pool[0].upstreams[2]: expected HOST or HOST:PORT, not \"a b\"",
                   "doc:5:1: gateway.pool[0].mode: expected \"enforce\", \"monitor\" or \"learn\", not \"off\"",
                   "doc:7:1: gateway.limits.connections: expected an integer from 1 to 1024, not 0",
                   "doc:8:1: gateway.limits.burst: expected an integer from 1 to 60000, not \"many\"",
                   "doc:11:1: link[0].dhcp4: expected true or false, not \"no\"",
                   "doc:12:2: nothing: not a table of this document"}));
}

TEST(ConfigCheck, WhatOnlySeveralKeysShow) {
  struct Case {
    std::string_view document;
    std::string finding;
  };
  for (const Case& bad : {
           Case{"[[link]]\nname='eth0'\naddresses='192.0.2.5/24'\ngateway='198.51.100.1'\n",
                "doc:4:1: link[0].gateway: \"198.51.100.1\" is in none of this link's networks: set gateway-on-link = "
                "true if "
                "that is meant"},
           Case{"[[link]]\nname='eth0'\ndhcp4=false\ngateway='198.51.100.1'\n",
                "doc:4:1: link[0].gateway: \"198.51.100.1\" is in none of this link's networks: set gateway-on-link = "
                "true if "
                "that is meant"},
           Case{"[[link]]\nname='eth0'\naddresses='192.0.2.5/24'\n[[link]]\nname='eth1'\naddresses='192.0.2.5/25'\n",
                "doc:6:1: link[1].addresses: \"192.0.2.5/25\" has its address in common with line 3"},
           Case{"[gateway]\nsources='8.8.8.0/24'\n",
                "doc:2:1: gateway.sources: \"8.8.8.0/24\" is routed in the Internet: set public-sources = true if that "
                "is meant"},
           Case{"[web]\nsources='100.100.0.0/16'\n",
                "doc:2:1: web.sources: \"100.100.0.0/16\" is shared address space (RFC 6598): set public-sources = "
                "true if that is meant"},
           Case{"[[link]]\nmtu=1400\n", "doc:1:1: link[0]: a link needs `name` or `mac`"},
           Case{"[[link]]\nname='v7'\nvlan=7\n", "doc:1:1: link[0]: a VLAN needs both `parent` and `vlan`"},
           Case{"[[gateway.pool]]\nmode='learn'\n",
                "doc:1:1: gateway.pool[0]: `name` must be given: a text of 1 to 24 bytes"},
           Case{"[gateway]\ncalls=4\n[[gateway.pool]]\nname='a'\n",
                "doc:2:1: gateway.calls: there are pools: put it into the one that it is meant for"},
           Case{"[[gateway.pool]]\nname='a'\n[[gateway.pool]]\nname='b'\n",
                "doc:3:1: gateway.pool[1]: port 1688 is listened on already by line 1"},
           Case{"[[gateway.pool]]\nname='a'\n[[gateway.pool]]\nname='b'\nlisten='192.0.2.5:1688'\n",
                "doc:5:1: gateway.pool[1].listen: port 1688 is listened on already by line 1"},
           Case{"[gateway]\nlisten=[1688, '192.0.2.5:1688']\n",
                "doc:2:15: gateway.pool[0].listen: port 1688 is listened on already by line 2"},
           Case{"[gateway]\nlisten=['192.0.2.5:8080', '192.0.2.6:8080']\n[web]\nlisten=[80, '[::]:8080']\n",
                "doc:4:13: web.listen: port 8080 is listened on already by line 2"},
           Case{"[gateway]\n[web]\nlisten=1688\n", "doc:3:1: web.listen: port 1688 is listened on already by line 1"},
           Case{"[[link]]\nname='eth0'\n[[link]]\nname='eth0'\n",
                "doc: link: name: the link stands there already (link name=eth0)"},
           Case{"[gateway]\npool=1\n", "doc:2:1: gateway.pool: expected an array of tables, [[gateway.pool]]"},
           Case{"link={name='eth0'}\n", "doc:1:1: link: expected an array of tables, [[link]]"},
           Case{"gateway=1\n", "doc:1:1: gateway: expected a table, [gateway], not an integer"},
       }) {
    auto found = findings(bad.document);
    ASSERT_FALSE(found.empty()) << bad.document;
    EXPECT_EQ(found.front(), bad.finding) << bad.document;
  }
}

TEST(ConfigCheck, NearbyThingsAreRight) {
  for (std::string_view good :
       {"", "# nothing\n", "[system]\n", "[gateway]\n", "[web]\nlisten=1688\n",
        "[gateway]\nlisten=['192.0.2.5:1688', '[2001:db8::5]:1688', '192.0.2.6:1688', "
        "1689]\n[web]\nlisten='192.0.2.7:1688'\n",
        "[gateway]\nlisten=80\n[web]\nenabled=false\n",
        "[[link]]\nname='eth0'\naddresses='192.0.2.5/24'\ngateway='192.0.2.1'\n",
        "[[link]]\nname='eth0'\naddresses='192.0.2.5/32'\ngateway='198.51.100.1'\ngateway-on-link=true\n",
        "[[link]]\nname='eth0'\ngateway='198.51.100.1'\n",
        "[[link]]\nname='eth0'\naddresses='2001:db8::5/64'\ngateway='fe80::1'\n",
        "[[link]]\nname='v7'\nparent='eth0'\nvlan=7\n", "[gateway]\nsources='10.1.2.3'\n"})
    EXPECT_EQ(findings(good), Lines{}) << good;
}

TEST(ConfigCheck, FindingsAreBounded) {
  std::string document;
  for (int i = 0; i < 200; ++i) document += "k" + std::to_string(i) + " = 1\n";
  Outcome outcome = outcome_of(document);
  EXPECT_EQ(outcome.checked.findings.size(), kMaxFindings);
  EXPECT_EQ(outcome.checked.left_out, 150u);
}

TEST(ConfigCheck, ABrokenDocumentTellsNoProgramAnything) {
  Outcome outcome = outcome_of("[[link]]\nname='eth0'\ndhcp4=false\n[gateway]\nbad=1\n");
  EXPECT_EQ(outcome.standing, Standing::Broken);
  for (const std::string& each : outcome.checked.records) EXPECT_EQ(each, "");
  outcome = outcome_of("[[link]\n");
  EXPECT_EQ(outcome.standing, Standing::Broken);
  EXPECT_EQ(to_line(outcome.checked.findings.at(0), outcome).substr(0, 8), "doc:1:8:");
}

TEST(ConfigCheck, AnAddressIsComplainedOfOnceHoweverOftenItStandsThere) {
  std::string document = "[[link]]\nname = 'eth0'\naddresses = [";
  for (int i = 0; i < 4'000; ++i) document += "'192.0.2.1/24',";
  Candidate candidate{.name = "doc", .is_found = true, .text = document + "]\n", .trouble = {}};
  Outcome outcome = evaluate({&candidate, 1}, "");
  EXPECT_LE(outcome.checked.findings.size() + outcome.checked.left_out, 4'001u);
  EXPECT_NE(to_line(outcome.checked.findings.at(1), outcome).find("in common with line 3"), std::string::npos);
}

TEST(ConfigCheck, EachTakesPrecedenceOverThoseBehindIt) {
  for (size_t first = 0; first < 3; ++first) {
    std::vector<Candidate> candidates;
    for (size_t i = 0; i < 3; ++i)
      candidates.push_back({.name = std::string(1, "abc"[i]),
                            .is_found = i >= first,
                            .text = "[system]\nhostname='h" + std::to_string(i) + "'\n",
                            .trouble = {}});
    Outcome outcome = evaluate(candidates, "");
    EXPECT_EQ(outcome.winner, candidates[first].name);
    EXPECT_EQ(outcome.checked.of(Program::System), "system hostname=h" + std::to_string(first) + "\n");
    EXPECT_EQ(to_text(outcome.digest).view(),
              to_text(sha256({reinterpret_cast<const uint8_t*>(candidates[first].text.data()),
                              candidates[first].text.size()}))
                  .view());
  }
  EXPECT_EQ(evaluate({}, "quiet").standing, Standing::Standard);
}

TEST(ConfigCheck, WhatCannotBeReadIsBrokenNotAbsent) {
  Candidate candidate{.name = "doc", .is_found = true, .text = {}, .trouble = "longer than 65536 bytes"};
  Candidate behind{.name = "other", .is_found = true, .text = "[system]\nhostname='h'\n", .trouble = {}};
  Candidate both[] = {candidate, behind};
  Outcome outcome = evaluate(both, "");
  EXPECT_EQ(outcome.standing, Standing::Broken);
  EXPECT_EQ(to_line(outcome.checked.findings.at(0), outcome), "doc: longer than 65536 bytes");
}

TEST(ConfigCheck, TheCommandLineIsLaidOverTheDocument) {
  EXPECT_EQ(records(Program::System, "[system]\nhostname='doc'\n", "quiet corekms.hostname=line"),
            "system hostname=line\n");
  EXPECT_EQ(
      records(Program::Gatewayd, "[gateway]\nupstreams='a.example'\n", "corekms.upstream=b.example,c.example:1700"),
      "pool name=kms\nupstream pool=kms host=b.example:1688\nupstream pool=kms host=c.example:1700\n");
  EXPECT_EQ(records(Program::Gatewayd, "[[gateway.pool]]\nname='x'\n", "corekms.upstream=b.example"),
            "pool name=x\nupstream pool=x host=b.example:1688\n");
  EXPECT_EQ(records(Program::Gatewayd, "",
                    "corekms.gateway.limits.connections=9 corekms.gateway.sources=10.0.0.0/8,fc00::/7"),
            "limits connections=9\nsource network=10.0.0.0/8\nsource network=fc00::/7\n");
  EXPECT_EQ(records(Program::Netd, "[[link]]\nname='eth0'\n", "corekms.link.0.mtu=1400 corekms.link.1.name=eth1"),
            "link name=eth0 mtu=1400\nlink name=eth1\n");
  EXPECT_EQ(records(Program::Netd, "", "\"corekms.link.0.name=eth0\" corekms.link.0.addresses=\"['192.0.2.5/24']\""),
            "link name=eth0\naddress link=eth0 address=192.0.2.5/24\n");
}

TEST(ConfigCheck, WhatIsWrongWithTheCommandLine) {
  EXPECT_EQ(findings("", "corekms.bogus=1"), Lines{"kernel command line: bogus: not a table of this document"});
  EXPECT_EQ(findings("", "corekms.hostname"), Lines{"kernel command line: hostname: no value"});
  for (const char* first : {"corekms.efi", "corekms.EFI console=ttyS0", "fs0:\\corekms.efi corekms.hostname=a"})
    EXPECT_EQ(findings("", first), Lines{}) << "the program's own name";
  EXPECT_EQ(findings("", "quiet corekms.efi"), Lines{"kernel command line: efi: no value"});
  EXPECT_EQ(findings("", "corekms.link.mtu=1400"), Lines{"kernel command line: link.mtu: expected a number up to 0"});
  EXPECT_EQ(findings("", "corekms.link.7.mtu=1400"),
            Lines{"kernel command line: link.7.mtu: expected a number up to 0"});
  EXPECT_EQ(findings("[system]\nhostname='a'\n", "corekms.system.hostname.x=1"),
            Lines{"kernel command line: system.hostname.x: there is a value on the way to it"});
  EXPECT_EQ(findings("", "corekms.upstream=a_b:0"),
            Lines{"kernel command line: gateway.pool[0].upstreams[0]: expected HOST or HOST:PORT, not \"a_b:0\""});
}

TEST(ConfigCheck, DracutsWordsMakeAStaticAddress) {
  EXPECT_EQ(records(Program::Netd, "", "ip=192.0.2.5::192.0.2.1:255.255.255.0:branch7:eth1:none nameserver=192.0.2.53"),
            "link name=eth1 dhcp4=off dhcp6=off\n"
            "address link=eth1 address=192.0.2.5/24\n"
            "route link=eth1 destination=default gateway=192.0.2.1\n"
            "dns link=eth1 address=192.0.2.53\n");
  EXPECT_EQ(records(Program::System, "", "ip=192.0.2.5::192.0.2.1:24:branch7:eth1:none"), "system hostname=branch7\n");
  EXPECT_EQ(records(Program::Netd, "", "ip=[2001:db8::5]::[fe80::1]:64::eth0:none:1400"),
            "link name=eth0 mtu=1400 dhcp4=off dhcp6=off\n"
            "address link=eth0 address=2001:db8::5/64\n"
            "route link=eth0 destination=default6 gateway=fe80::1\n");
  EXPECT_EQ(records(Program::Netd, "", "ip=192.0.2.5::198.51.100.1:32:::none"),
            "link name=eth0 dhcp4=off dhcp6=off\n"
            "address link=eth0 address=192.0.2.5/32\n"
            "route link=eth0 destination=default gateway=198.51.100.1\n");
  EXPECT_EQ(records(Program::Netd, "", "ip=dhcp"), "");
  EXPECT_EQ(records(Program::Netd, "", "ip=eth0:dhcp:1400"), "link name=eth0 dhcp4=on mtu=1400\n");
  constexpr std::string_view kByHand =
      "[[link]]\nname='eth0'\naddresses='192.0.2.5/24'\ngateway='192.0.2.1'\ndhcp4=false\nmtu=1400\n";
  for (const char* word : {"ip=dhcp", "ip=eth0:dhcp"})
    EXPECT_EQ(records(Program::Netd, kByHand, word), "link name=eth0 dhcp4=on mtu=1400\n")
        << "a way out of what is wrong";
  EXPECT_EQ(records(Program::Netd, kByHand,
                    "ip=192.0.2.9::192.0.2.1:24::eth0:none ip=[2001:db8::9]::[fe80::1]:64::eth0:none"),
            "link name=eth0 dhcp4=off mtu=1400 dhcp6=off\naddress link=eth0 address=192.0.2.9/24\n"
            "address link=eth0 address=2001:db8::9/64\nroute link=eth0 destination=default gateway=192.0.2.1\n"
            "route link=eth0 destination=default6 gateway=fe80::1\n");
  EXPECT_EQ(findings("", "ip=192.0.2.5"),
            Lines{"kernel command line: ip: no netmask or length behind the third colon"});
}

// Each line that the example comments out is taken in: all keys that there are, at once.
TEST(ConfigCheck, TheWholeExampleIsGood) {
  std::string document;
  std::string example = write_example();
  Splitter each(example, '\n');
  while (auto line = each.next()) {
    bool prose = line->starts_with("# ") || line->empty();
    std::string text = prose ? "\n" : std::string(line->substr(1)) + "\n";
    // What a certificate and a key hold is left out of it.
    if (text.find(" = \"-----BEGIN ") != std::string::npos) {
      std::string name = text.substr(0, text.find(' '));
      std::string_view pem = name == "ca" ? test::kAuthority : name == "key" ? test::kClientKey : test::kClient;
      text = name + " = '''\n" + std::string(pem) + "'''\n";
    }
    document += text;
  }
  Outcome outcome = outcome_of(document);
  for (const Finding& finding : outcome.checked.findings)
    ADD_FAILURE() << to_line(finding, outcome) << "\n" << document;
  size_t given = 0;
  for (const Key& key : keys())
    for (const Setting& setting : outcome.checked.settings) {
      std::string path(setting.path);
      for (size_t open; (open = path.find('[')) != std::string::npos;) path.erase(open, path.find(']') - open + 1);
      if (path == std::string(key.section) + "." + std::string(key.name)) {
        ++given;
        break;
      }
    }
  EXPECT_EQ(given, keys().size());
}

// Neither where it is right nor where it is wrong.
TEST(ConfigCheck, APrivateKeyIsShownNowhere) {
  std::string secret = std::string(test::kClientKey).substr(40, 40);
  auto pem = [](std::string_view name, std::string_view text) {
    return std::string(name) + " = '''\n" + std::string(text) + "'''\n";
  };
  std::string target = "[[log.target]]\n" + pem("key", test::kClientKey) + "kind = 'tls'\naddress = '192.0.2.9'\n" +
                       pem("ca", test::kAuthority);
  auto told = [](const std::string& document) {
    Candidate candidate{.name = "doc", .is_found = true, .text = document, .trouble = {}};
    Outcome outcome = evaluate({&candidate, 1}, "");
    std::string text = write_state(outcome, {&candidate, 1}, state::kMaxFile);
    for (const Finding& finding : outcome.checked.findings) text += to_line(finding, outcome) + "\n";
    return text;
  };
  std::string good = told(target + pem("certificate", test::kClient));
  EXPECT_NE(good.find("standing=good"), std::string::npos) << good;
  EXPECT_NE(good.find("path=log.target[0].key value=(not%20shown)"), std::string::npos) << good;
  EXPECT_EQ(good.find(secret), std::string::npos);
  for (const std::string& document :
       {target + pem("certificate", test::kServer), target, target + "certificate = 5\n",
        "[[log.target]]\nkey = '" + secret + "'\n", "[[log.target]]\nkey = ['" + secret + "']\n",
        "[[log.target]]\n" + pem("kee", test::kClientKey), "[log]\n" + pem("key", test::kClientKey)}) {
    std::string bad = told(document);
    EXPECT_NE(bad.find("standing=broken"), std::string::npos) << document;
    EXPECT_EQ(bad.find(secret), std::string::npos) << bad;
  }
  std::string other = told(target + pem("certificate", test::kServer));
  EXPECT_NE(other.find("log: key: not the key of the certificate (target kind=tls address=192.0.2.9)"),
            std::string::npos)
      << other;
}

TEST(ConfigCheck, EveryKeyBelongsToASectionAndIsDescribed) {
  for (const Key& key : keys()) {
    const Section* section = find_section(key.section);
    ASSERT_NE(section, nullptr) << key.name;
    EXPECT_FALSE(key.about.empty() || key.example.empty() || key.otherwise.empty()) << key.name;
    if (key.list > 0) EXPECT_FALSE(key.record.empty()) << key.name;
    EXPECT_EQ(key.type == Type::Choice, !key.words.empty() && key.type != Type::Flag) << key.name;
  }
}

TEST(ConfigCheck, TheStateSaysWhatWasFoundAndSet) {
  Candidate candidates[] = {{.name = "SMBIOS", .is_found = false, .text = {}, .trouble = {}},
                            {.name = "fw_cfg", .is_found = true, .text = "[system]\nhostname='h'\n", .trouble = {}},
                            {.name = "built in", .is_found = true, .text = "[system]\n", .trouble = {}}};
  Outcome outcome = evaluate(candidates, "corekms.gateway.calls=4");
  std::string digest(to_text(outcome.digest).view());
  EXPECT_EQ(write_state(outcome, candidates, 4096),
            "config standing=good source=fw_cfg sha256=" + digest +
                " bytes=22\n"
                "candidate name=SMBIOS state=absent\n"
                "candidate name=fw_cfg state=used\n"
                "candidate name=built%20in state=found\n"
                "setting path=system.hostname value=h from=fw_cfg\n"
                "setting path=gateway.pool[0].calls value=4 from=kernel%20command%20line\n");
}

}  // namespace
}  // namespace ck::config
