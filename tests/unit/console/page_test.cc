// SPDX-License-Identifier: MIT
#include "engine/console/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/console/keys.h"

namespace ck::console {
namespace {

constexpr int64_t kAfternoon = 1795442723'000;  // 2026-11-23 14:05:23 UTC

std::string text_of(const Frame& frame) {
  std::string text;
  for (unsigned row = 0; row < frame.rows(); ++row) {
    std::string line;
    for (unsigned column = 0; column < frame.columns(); ++column) line += frame.cell(row, column).character;
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

const std::string kInit =
    "system name=CoreKMS version=0.1.0 commit=5e0c1a2 hostname=corekms-5254 hostname-source=hardware%20address\n"
    "program name=netd role=core state=running pid=20 since-ms=900 restarts=0\n"
    "program name=gatewayd role=service state=running pid=21 since-ms=1000 restarts=0\n"
    "program name=console role=core state=running pid=22 since-ms=900 restarts=0\n";
const std::string kConfig = "config standing=standard\n";
const std::string kEth0 =
    "link index=2 name=eth0 mac=52:54:00:12:34:56 flags=BROADCAST,MULTICAST,UP,LOWER_UP mtu=1500 driver=virtio_net "
    "dhcp4=bound\n"
    "address link=2 family=inet address=192.0.2.107/24 source=dhcp scope=global flags= server=192.0.2.1 since-ms=1 "
    "renew-ms=1932000 valid-ms=3600000\n"
    "address link=2 family=inet6 address=2001:db8::8c1f:55a2:90d:7e1/64 source=slaac scope=global flags= since-ms=1 "
    "valid-ms=86400000\n"
    "address link=2 family=inet6 address=fe80::5054:ff:fe12:3456/64 source=link scope=link flags=tentative since-ms=1\n"
    "gateway link=2 address=192.0.2.1 source=dhcp metric=100\n"
    "gateway link=2 address=fe80::1 source=ra metric=100\n"
    "dns link=2 address=192.0.2.1 source=dhcp\n"
    "domain link=2 name=example.org source=dhcp\n";
const std::string kServing =
    "gateway state=serving listen=[::]:1688 since-ms=1000 total=37 now=1 refused=2 last-client=192.0.2.77 "
    "last-utc-ms=1795442701000\n"
    "upstream name=kms1.example.org port=1688 address=192.0.2.9 state=healthy source=srv rtt-ms=4\n"
    "upstream name=kms2.example.org port=1688 state=standby source=srv\n";

void press(char key, View& view) { (void)press(key, from_ms(192'000), PowerKeys::Allowed, view); }

struct Sample {
  std::string init = kInit;
  std::string netd = kEth0;
  std::string gateway = kServing;
  std::string config = kConfig;
  std::string logd;
  std::string timed;
  TimePoint now = from_ms(192'000);
  int64_t utc_ms = kAfternoon;
  timezone::Zone zone;
  unsigned columns = 80;
  unsigned rows = 24;
  View view;

  Frame frame() {
    Inputs inputs{.init_state = init,
                  .netd_state = netd,
                  .gateway_state = gateway,
                  .config_state = config,
                  .logd_state = logd,
                  .timed_state = timed,
                  .memory_total_kib = 20582,
                  .memory_available_kib = 11264,
                  .now = now,
                  .utc_ms = utc_ms,
                  .zone = zone};
    Frame result;
    result.reset(columns, rows);
    draw(inputs, view, result);
    return result;
  }
  std::string draw_text() { return text_of(frame()); }
};

std::string many_links(unsigned count) {
  std::string text;
  for (unsigned i = 2; i < 2 + count; ++i) {
    std::string index = std::to_string(i);
    text += "link index=" + index + " name=eth" + index +
            " mac=52:54:00:12:34:56 flags=BROADCAST,UP,LOWER_UP mtu=1500 dhcp4=bound\n";
    text += "address link=" + index + " family=inet address=192.0.2." + index + "/24 source=dhcp\n";
  }
  return text;
}

#define EXPECT_SHOWS(text, wanted) EXPECT_NE((text).find(wanted), std::string::npos) << (text)
#define EXPECT_HIDES(text, unwanted) EXPECT_EQ((text).find(unwanted), std::string::npos) << (text)

TEST(GatewayPage, ShowsWhoCameAndHowItEnded) {
  Sample sample;
  sample.gateway +=
      "verdict name=answered count=35\nverdict name=interface-denied count=2\n"
      "client address=192.0.2.77 verdict=answered utc-ms=1795442701000\n"
      "client address=2001:db8::9 verdict=interface-denied utc-ms=1795442700000\n";
  sample.gateway.replace(sample.gateway.find("now=1"), 5, "now=1 today=12 sources=21 sources-are=exact");
  sample.view.page = Page::Gateway;
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "37 since start, 12 today, 1 now, 2 refused");
  EXPECT_SHOWS(text, "21 different ones were answered in 30 days");
  EXPECT_SHOWS(text, "14:05:01 UTC  192.0.2.77  answered");
  EXPECT_SHOWS(text, "2001:db8::9  interface-denied");
  EXPECT_SHOWS(text, "answered 35, interface-denied 2");
}

TEST(LogPage, TheNewestFirstAndWhereItIsSent) {
  Sample sample;
  sample.logd =
      "warning text=kept%20here%20alone\n"
      "target kind=udp address=192.0.2.9:514 state=ready sent=5 dropped=1\n"
      "line seq=1 utc-ms=1795442701000 severity=info program=netd text=eth0:%20carrier\n"
      "line seq=2 utc-ms=1795442702000 severity=error program=gatewayd "
      "text=upstream%20192.0.2.10:1688:%20TCP%20connects%20but%20nothing%20answers%20the%20bind:%20a%20proxy%20is%20in%"
      "20the%20path\n";
  sample.view.page = Page::Log;
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "! kept here alone");
  EXPECT_SHOWS(text, "to 192.0.2.9:514 udp  ready, 5 sent, 1 dropped");
  EXPECT_SHOWS(text,
               " 14:05:02 gatewayd: upstream 192.0.2.10:1688: TCP connects but nothing answers\n"
               "         the bind: a proxy is in the path\n"
               " 14:05:01 netd: eth0: carrier\n");
}

TEST(SystemPage, ListsWhereADocumentWasLookedForOnFewLines) {
  Sample sample;
  sample.config =
      "config standing=standard\ncandidate name=volume%20COREKMS state=absent\ncandidate name=NoCloud state=absent\n"
      "candidate name=ConfigDrive state=absent\ncandidate name=SMBIOS state=absent\n";
  sample.view.page = Page::System;
  EXPECT_SHOWS(
      sample.draw_text(),
      "\n           volume COREKMS: absent  NoCloud: absent  ConfigDrive: absent\n           SMBIOS: absent\n");
}

TEST(EveryPage, TellsTheTimeOfItsZone) {
  Sample sample;
  sample.zone = *timezone::parse_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  sample.gateway += "client address=192.0.2.77 verdict=answered utc-ms=1795442701000\n";
  sample.logd = "line seq=1 utc-ms=1795442701000 severity=info program=netd text=carrier\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "Clock  2026-11-23 15:05:23 CET\n");
  EXPECT_SHOWS(text, "since 15:02:12 CET");
  EXPECT_SHOWS(text, "last 192.0.2.77 at 15:05:01 CET\n");
  press('3', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "15:05:01 CET  192.0.2.77  answered");
  press('l', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "\n times are CET here, and UTC where the log is sent\n 15:05:01 netd: carrier\n");
  for (char page : {'1', '2', '3', '4', 'l'}) {
    press(page, sample.view);
    EXPECT_HIDES(sample.draw_text(), ":01 UTC");
  }
}

TEST(SystemPage, SaysWhatTheClockGoesBy) {
  Sample sample;
  sample.timed = "clock state=synchronised server=192.0.2.123 offset-us=-3200 stratum=2\n";
  sample.view.page = Page::System;
  EXPECT_SHOWS(sample.draw_text(), "clock     synchronised by 192.0.2.123, was ahead by 3 ms, stratum 2");
}

TEST(Overview, AServingMachine) {
  EXPECT_EQ(Sample().draw_text(),
            R"( CoreKMS 0.1.0 (5e0c1a2)                      corekms-5254           up 0:03:12
 ------------------------------------------------------------------------------
 Service   gateway    SERVING  [::]:1688, since 14:02:12 UTC, 0 restarts
 Upstream  kms1.example.org:1688  healthy, 4 ms
           kms2.example.org:1688  standby
 Clients   37 since start, 1 now, 2 refused  last 192.0.2.77 at 14:05:01 UTC
 Memory    9.1 of 20.1 MiB                Clock  2026-11-23 14:05:23 UTC
 Config    defaults (nothing was given)

 2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500  virtio_net
     link/ether 52:54:00:12:34:56
     inet 192.0.2.107/24                    DHCP 192.0.2.1, renews in 29 min
     inet6 2001:db8::8c1f:55a2:90d:7e1/64   SLAAC, valid 23 h
     inet6 fe80::5054:ff:fe12:3456/64       link, tentative
     gateway 192.0.2.1 DHCP, fe80::1 RA     DNS 192.0.2.1 DHCP








 Enter refresh   1 overview  2 network  3 gateway  4 system  l log  ? help
)");
}

TEST(Overview, NothingIsKnownYet) {
  Sample sample{.init = "", .netd = "", .gateway = ""};
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "CoreKMS");
  EXPECT_SHOWS(text, "STARTING");
  EXPECT_SHOWS(text, "looking for network cards");
  EXPECT_SHOWS(text, "9.1 of 20.1 MiB");
  EXPECT_HIDES(text, "SERVING");
}

TEST(Overview, WaitingForDhcpAndForAnUpstream) {
  Sample sample;
  sample.netd =
      "link index=2 name=eth0 mac=52:54:00:12:34:56 flags=UP,LOWER_UP mtu=1500 driver=e1000 dhcp4=selecting\n";
  sample.gateway =
      "gateway state=waiting listen=[::]:1688 total=0 now=0 refused=0\n"
      "lookup name=_vlmcs._tcp.example.org type=SRV server=192.0.2.1 state=failed error=no%20such%20name\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "DHCP: selecting");
  EXPECT_SHOWS(text, "WAITING  [::]:1688");
  EXPECT_SHOWS(text, "none yet: looked for _vlmcs._tcp.example.org SRV at 192.0.2.1");
  EXPECT_SHOWS(text, "no such name\n");
}

TEST(Overview, NoCarrierNoCardAndALinkThatIsDown) {
  Sample sample;
  sample.netd =
      "link index=3 name=eth1 mac=52:54:00:12:34:57 flags=NO-CARRIER,BROADCAST,MULTICAST,UP mtu=1500 dhcp4=down\n"
      "link index=4 name=eth2 mac=52:54:00:12:34:58 flags=BROADCAST,MULTICAST mtu=1500 dhcp4=down\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "52:54:00:12:34:57           no carrier\n");
  EXPECT_SHOWS(text, "52:54:00:12:34:58           down\n");
  sample.netd = "# nothing\n";
  EXPECT_SHOWS(sample.draw_text(), "no network card found");
}

TEST(Overview, AnAddressThatAnotherHostUsesTooSaysWhose) {
  Sample sample;
  sample.netd =
      "link index=2 name=eth0 mac=52:54:00:12:34:56 flags=UP,LOWER_UP mtu=1500 dhcp4=off\n"
      "address link=2 family=inet address=192.0.2.5/24 source=static since-ms=1 also-used-by=02:00:00:00:00:99 "
      "conflict-ms=1\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "     inet 192.0.2.5/24                      static\n          also used by 02:00:00:00:00:99, ");
  EXPECT_SHOWS(text, " ago\n");
}

TEST(Overview, WarnsWhileTheLogIsKeptHereAlone) {
  Sample sample;
  EXPECT_HIDES(sample.draw_text(), "\n Log ");
  sample.logd = "warning text=no%20log%20server%20is%20set:%20it%20ends%20with%20the%20machine\n";
  EXPECT_SHOWS(sample.draw_text(),
               "\n Config    defaults (nothing was given)\n Log       no log server is set, press l\n");
  sample.logd = "target kind=udp address=192.0.2.9:514 state=ready sent=5 dropped=0\n";
  EXPECT_HIDES(sample.draw_text(), "\n Log ");
}

TEST(Overview, NamesTheConfigurationAndItsDigest) {
  std::string digest(64, 'a');
  Sample sample;
  sample.config =
      "config standing=good source=fw_cfg sha256=" + digest + "\nsetting path=system.hostname value=x from=fw_cfg\n";
  EXPECT_SHOWS(sample.draw_text(), "\n Config    fw_cfg, sha256 aaaaaaaaaaaa, 1 set\n");
  sample.columns = 132;
  EXPECT_SHOWS(sample.draw_text(), "\n Config    fw_cfg, sha256 " + digest + ", 1 set\n");
  sample.columns = 80;
  sample.config = "config standing=broken source=fw_cfg sha256=" + digest + "\nfinding text=x\n";
  EXPECT_SHOWS(sample.draw_text(), "\n Config    BROKEN, fw_cfg, 1 mistake: press 4\n");
  press('4', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "config    broken, from fw_cfg, sha256\n           " + digest + "\n");
}

TEST(System, TheBuildIsNamedWhereItIsKnown) {
  Sample sample;
  press('4', sample.view);
  EXPECT_HIDES(sample.draw_text(), "build");
  sample.init.replace(0, kInit.find(" hostname"), "system version=0.1.0 build=0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  EXPECT_SHOWS(sample.draw_text(), "build     0f1e2d3c4b5a69788796a5b4c3d2e1f0\n");
}

TEST(System, TellsHowItWasStartedAndWhatTheTpmMeasured) {
  Sample sample;
  press('4', sample.view);
  EXPECT_HIDES(sample.draw_text(), "TPM");
  sample.init = kInit + "trust secure-boot=none\n";
  EXPECT_SHOWS(sample.draw_text(), "\n boot      not by UEFI, so no Secure Boot\n");
  sample.init = kInit + "trust secure-boot=off lockdown=confidentiality\n";
  EXPECT_SHOWS(sample.draw_text(), "\n boot      Secure Boot off, lockdown confidentiality\n");
  sample.init = kInit + "trust secure-boot=on lockdown=confidentiality ignored=lsm=%20mitigations=off\n";
  sample.config = kConfig + "measurement pcr=12 bank=sha1 digest=00\nmeasurement pcr=12 bank=sha256 digest=00\n";
  EXPECT_SHOWS(sample.draw_text(),
               "\n boot      Secure Boot on, lockdown confidentiality\n"
               "           not taken from the command line: lsm= mitigations=off\n");
  EXPECT_SHOWS(sample.draw_text(), "\n TPM       measured into PCR 12: sha1, sha256\n");
  sample.config = kConfig + "measurement pcr=12 error=TPM:%20it%20refuses%20(0x922)\n";
  EXPECT_SHOWS(sample.draw_text(), "\n TPM       not measured: TPM: it refuses (0x922)\n");
}

TEST(Overview, ACrashedServiceAndACrashedProgramSaySo) {
  Sample sample;
  sample.init =
      "program name=netd role=core state=backoff since-ms=900 restarts=3 error=killed%20by%20SIGSEGV\n"
      "program name=gatewayd role=service state=backoff since-ms=1000 restarts=1 "
      "error=exited%20with%20status%2071:%20out%20of%20memory\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "RESTARTING");
  EXPECT_SHOWS(text, ", 1 restart\n");
  EXPECT_SHOWS(text, "last error: exited with status 71: out of memory");
  EXPECT_SHOWS(text, "! netd is down, 3 restarts: killed by SIGSEGV");
  EXPECT_HIDES(text, "SERVING") << "what the gateway once published does not count when it is dead";
  EXPECT_HIDES(text, "healthy");
  EXPECT_SHOWS(text, "not known while the gateway is not running");
}

TEST(Overview, AForeignServiceHasItsPlace) {
  Sample sample;
  sample.init =
      "program name=service role=service state=running pid=9 since-ms=1000 restarts=0 status=all%20is%20well\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, " Service   service    RUNNING  since 14:02:12 UTC, 0 restarts\n           all is well\n");
  EXPECT_HIDES(text, "Upstream");
}

TEST(Overview, ProblemsAreCountedWhenTheyAreMany) {
  Sample sample;
  for (int i = 0; i < 6; ++i) sample.init += "problem text=problem%20" + std::to_string(i) + "\n";
  sample.netd += "problem text=problem%206\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "! problem 2\n ! 4 more: press 4\n Enter refresh");
  press('4', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "! problem 6");
}

TEST(Overview, ManyLinksAreCountedAndPagedNeverCutSilently) {
  Sample sample{.netd = many_links(11)};
  std::string seen;
  for (int page = 0; page < 4; ++page) {
    std::string text = sample.draw_text();
    EXPECT_SHOWS(text, "more links: press n for the next, 2 for all");
    EXPECT_SHOWS(text, "Enter refresh");
    seen += text;
    press('n', sample.view);
  }
  for (int i = 2; i < 13; ++i) EXPECT_SHOWS(seen, "inet 192.0.2." + std::to_string(i) + "/24");
}

TEST(Overview, ALinkWithMoreAddressesThanRowsSaysHowManyAreMissing) {
  Sample sample;
  for (int i = 0; i < 40; ++i)
    sample.netd += "address link=2 family=inet6 address=2001:db8::" + std::to_string(i) + "/64 source=slaac\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, " more lines of this link: press n for the next, 2 for all");
  press('2', sample.view);
  std::string all;
  for (int page = 0; page < 4; ++page) {
    all += sample.draw_text();
    press('n', sample.view);
  }
  for (int i = 0; i < 40; ++i) EXPECT_SHOWS(all, "2001:db8::" + std::to_string(i) + "/64");
}

TEST(Overview, LongNamesAreCutVisibly) {
  Sample sample;
  std::string name(63, 'h');
  sample.init.replace(sample.init.find("corekms-5254"), 12, name);
  sample.gateway = "upstream name=" + std::string(60, 'u') + ".example.org port=1688 state=healthy rtt-ms=3\n";
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "hhh~   up 0:03:12\n");
  EXPECT_SHOWS(text, "uuu~:1688  healthy, 3 ms\n");
}

TEST(Overview, HostileTextComesOutAsQuestionMarks) {
  Sample sample;
  sample.init += "problem text=%1b[2J%07%9b31m%0aroot\n";
  sample.netd += "dns link=2 address=%1b]0;x%07 source=dhcp\n";
  sample.gateway += "upstream name=%1b[31m%00%ff port=1 state=%0d%0a\n";
  for (char page : {'1', '2', '3', '4'}) {
    press(page, sample.view);
    Frame frame = sample.frame();
    for (unsigned row = 0; row < frame.rows(); ++row)
      for (unsigned column = 0; column < frame.columns(); ++column) {
        char character = frame.cell(row, column).character;
        ASSERT_TRUE(character >= 0x20 && character <= 0x7e);
      }
  }
  press('1', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "! ?[2J??31m?root");
}

TEST(Overview, AnUnsetClockIsNotShownAsTime) {
  Sample sample{.utc_ms = 5'000};
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "Clock  not set");
  EXPECT_SHOWS(text, "since 0:00:01 after boot");
}

TEST(Overview, EverySizeKeepsTheLastColumnFreeAndNeverFails) {
  for (unsigned columns = 1; columns < 140; columns += 7)
    for (unsigned rows = 1; rows < 64; rows += 3)
      for (char page : {'1', '2', '3', '4', '?'}) {
        Sample sample{.netd = many_links(5), .columns = columns, .rows = rows};
        press(page, sample.view);
        Frame frame = sample.frame();
        for (unsigned row = 0; row < frame.rows(); ++row)
          ASSERT_EQ(frame.cell(row, frame.columns() - 1), kBlank) << columns << "x" << rows;
      }
}

TEST(LastRow, HoldsTheQuestionInTheKeysPlace) {
  Sample sample;
  press('p', sample.view);
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, "\n Power off? y/n ");
  EXPECT_HIDES(text, "Enter refresh");
  EXPECT_SHOWS(text, "SERVING") << "the page stays";
  press('n', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "Enter refresh");
  press('r', sample.view);
  EXPECT_SHOWS(sample.draw_text(), "\n Restart? y/n ");
}

TEST(LastRow, SaysWhatBecameOfIt) {
  constexpr std::pair<Prompt, const char*> kCases[] = {
      {Prompt::Disabled, "\n Power off and restart are disabled on the consoles (system.power-keys)\n"},
      {Prompt::PoweringOff, "\n Powering off ...\n"},
      {Prompt::Restarting, "\n Restarting ...\n"},
      {Prompt::Refused, "\n init could not be asked, the log says why: nothing was done\n"}};
  for (const auto& [prompt, text] : kCases) {
    Sample sample;
    enter(prompt, sample.now, sample.view);
    EXPECT_SHOWS(sample.draw_text(), text);
  }
}

TEST(HelpPage, ListsEveryKeyOnOneScreen) {
  Sample sample;
  press('?', sample.view);
  std::string text = sample.draw_text();
  EXPECT_SHOWS(text, " p, r       power off, restart; asks first (off by system.power-keys = false)\n");
  EXPECT_SHOWS(text, "Ctrl-Alt-Del restarts");
  EXPECT_HIDES(text, "press n for the next") << "it must fit";
}

TEST(ReadMemory, FindsTheTwoFigures) {
  Inputs inputs;
  read_memory("MemTotal:         201884 kB\nMemFree:           92 kB\nMemAvailable:     110004 kB\n", inputs);
  EXPECT_EQ(inputs.memory_total_kib, 201884u);
  EXPECT_EQ(inputs.memory_available_kib, 110004u);
  read_memory("MemTotal:\n::\nMemAvailable: x kB", inputs);
  EXPECT_EQ(inputs.memory_total_kib, 0u);
}

}  // namespace
}  // namespace ck::console
