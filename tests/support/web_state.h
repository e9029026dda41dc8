// SPDX-License-Identifier: MIT
// State files as the programs write them, with one record of each kind at least, for the tests of what is made of them.
#pragma once

#include <memory>
#include <string>

#include "engine/web/body.h"
#include "engine/web/snapshot.h"

namespace ck::web {

inline constexpr std::string_view kInitState =
    "system name=CoreKMS version=0.1.0 commit=5e0c1a2 build=0f1e2d3c4b5a69788796a5b4c3d2e1f0 hostname=kms-7f3a "
    "hostname-source=SMBIOS\n"
    "trust secure-boot=on lockdown=confidentiality ignored=lsm=\n"
    "program name=netd role=core state=running pid=60 since-ms=120 restarts=0 status=eth0%20has%20a%20lease\n"
    "program name=gatewayd role=service state=running pid=61 since-ms=140 restarts=2 error=exit%20status%2071\n"
    "program name=console role=core state=running pid=62 since-ms=150 restarts=0\n"
    "problem text=corekms.colour%20is%20unknown\n";

inline constexpr std::string_view kNetdState =
    "link index=2 name=eth0 mac=02:00:00:00:00:01 flags=BROADCAST,MULTICAST,UP,LOWER_UP mtu=1500 driver=virtio_net "
    "dhcp4=bound dhcp6=off\n"
    "address link=2 family=inet address=192.0.2.107/24 scope=global flags= source=dhcp server=192.0.2.1 since-ms=200 "
    "renew-ms=1800200 valid-ms=3600200\n"
    "address link=2 family=inet6 address=fe80::1/64 scope=link flags= source=link since-ms=130\n"
    "gateway link=2 address=192.0.2.1 metric=102 mtu=0 source=dhcp server=192.0.2.1 since-ms=200\n"
    "route link=2 destination=198.51.100.0/24 gateway=192.0.2.3 metric=102 mtu=0 source=dhcp since-ms=200\n"
    "dns link=2 address=192.0.2.53 source=dhcp since-ms=200\n"
    "domain link=2 name=branch.example.org source=dhcp since-ms=200\n"
    "ntp link=2 address=192.0.2.54 source=dhcp since-ms=200\n"
    "log-server link=2 address=192.0.2.55 source=dhcp since-ms=200\n"
    "nat64 link=2 prefix=64:ff9b::/96 source=ra since-ms=300\n"
    "link index=3 name=eth1 mac=02:00:00:00:00:02 flags=BROADCAST,MULTICAST mtu=9000 driver=e1000 dhcp4=init "
    "dhcp6=soliciting\n"
    "problem text=link%20ens192%20is%20configured,%20but%20is%20not%20here\n";

inline constexpr std::string_view kGatewayState =
    "gateway state=serving listen=[::]:1688 since-ms=150 total=1300 today=210 now=3 most=256 refused=17 answered=1234 "
    "probes=40 bytes-in=345678 bytes-out=456789 sources=412 sources-are=exact last-client=192.0.2.33 "
    "last-utc-ms=1795665540000 error=\n"
    "pool name=kms listen=[::]:1688 mode=enforce waiting=1\n"
    "upstream name=kms.example.org port=1688 address=192.0.2.10 state=healthy source=srv pool=kms active=3 "
    "rung=interface state-since-ms=2000 rtt-ms=4 error=\n"
    "upstream name=2001:db8::5 port=1688 address=2001:db8::5 state=failing source=static pool=kms active=0 "
    "rung=connect "
    "state-since-ms=3000 error=Connection%20refused\n"
    "lookup name=_vlmcs._tcp.branch.example.org type=SRV server=192.0.2.53 state=ok error=\n"
    "verdict name=answered count=1234\n"
    "verdict name=interface-denied count=17\n"
    "latency name=connect count=10 sum-ms=25 le-1=2 le-2=5 le-5=10 le-10=10 le-20=10 le-50=10 le-100=10 le-200=10 "
    "le-500=10 le-1000=10 le-2000=10 le-5000=10\n"
    "latency name=call count=1234 sum-ms=9000 le-1=0 le-2=300 le-5=800 le-10=1150 le-20=1200 le-50=1220 le-100=1230 "
    "le-200=1232 le-500=1233 le-1000=1233 le-2000=1233 le-5000=1233\n"
    "client address=192.0.2.33 verdict=answered utc-ms=1795665540000\n"
    "client address=2001:db8::44 verdict=interface-denied utc-ms=1795665500000\n";

inline constexpr std::string_view kTimedState =
    "clock state=synchronised source=dhcp server=192.0.2.1 offset-us=-1250 delay-us=830 stratum=3 since-ms=900 "
    "last-ms=590000 steps=1 step-us=86400000000 step-ms=800 error=\n"
    "server address=192.0.2.1 port=123 source=dhcp state=source offset-us=-1250 delay-us=830 stratum=3 last-ms=590000 "
    "interval-ms=64000 sent=9 answers=9 dropped=0 error=\n"
    "server address= port=123 name=time.example.org source=static state=unresolved error=no%20such%20name\n";

inline constexpr std::string_view kLogdState =
    "logs received=120 dropped=2 ring-bytes=65536 first-seq=1 next-seq=119 overwritten=0\n"
    "source name=kmsg received=120 dropped=2 cut=0 error=\n"
    "target kind=tcp address=logs.example.org:601 resolved=192.0.2.20 format=rfc5424 source=static state=ready "
    "since-ms=1000 queued=0 sent=118 dropped=5 error=\n"
    "line seq=117 utc-ms=1795665539000 severity=info program=netd text=eth0:%20lease%20192.0.2.107/24\n"
    "line seq=118 utc-ms=1795665540000 severity=warning program=gatewayd text=upstream%20%3cb%3e:%20refused\n";

inline constexpr std::string_view kConfigState =
    "config standing=good source=fw_cfg sha256=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 "
    "bytes=420\n"
    "measurement pcr=12 bank=sha256 digest=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"
    "candidate name=SMBIOS state=absent\n"
    "candidate name=fw_cfg state=used\n"
    "setting path=gateway.pool.kms.upstream value=kms.example.org:1688 from=fw_cfg\n"
    "setting path=hostname value=kms-7f3a from=kernel%20command%20line\n"
    "finding text=line%203:%20colour%20is%20no%20key\n"
    "note text=volume%20CIDATA%20(sr0)%20network-config:5:5:%20bridge%20is%20left%20out\n";

inline Snapshot whole_snapshot() {
  return {.files = {kInitState, kNetdState, kGatewayState, kTimedState, kLogdState, kConfigState},
          .memory = {.total_kib = 201884, .available_kib = 110004},
          .now = from_ms(600'000),
          .utc_ms = 1795665600'000,
          .web = {.connections = 12, .requests = 34, .errors = 5, .refused = 6}};
}

// Calls write(snapshot, body) with a buffer of `size` bytes that has no room behind it, and returns the body's text.
template <typename Write>
std::string text_of(const Snapshot& snapshot, size_t size, size_t reserve, Write write) {
  auto buffer = std::make_unique<char[]>(size);
  Body body({buffer.get(), size}, reserve);
  write(snapshot, body);
  return body.overflowed() ? "overflowed" : std::string(body.view());
}

}  // namespace ck::web
