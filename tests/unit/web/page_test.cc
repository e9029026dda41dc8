// SPDX-License-Identifier: MIT
#include "engine/web/page.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "engine/web/metrics.h"
#include "support/web_state.h"

namespace ck::web {
namespace {

std::string page(const Snapshot& snapshot) { return text_of(snapshot, kMaxPage, kPageReserve, write_page); }

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Whether every element that is opened is closed, in order; empty elements of HTML and SVG aside.
std::string fault_of(const std::string& text) {
  std::vector<std::string> open;
  size_t at = text.find("</style>");  // the style is no markup
  std::string rest = text.substr(0, text.find("<style>") + 7) + text.substr(at);
  for (size_t i = rest.find('<'); i != std::string::npos; i = rest.find('<', i + 1)) {
    size_t end = rest.find('>', i);
    if (end == std::string::npos) return "a tag without an end";
    std::string tag = rest.substr(i + 1, end - i - 1);
    if (tag.starts_with("!") || tag.starts_with("meta") || tag.ends_with("/")) continue;
    std::string name = tag.substr(0, tag.find(' '));
    if (!name.starts_with("/")) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name.substr(1)) {
      return "closes " + name + " at " + rest.substr(i > 80 ? i - 80 : 0, 120);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "leaves open " + open.back();
}

TEST(WebPage, ShowsWhatIsKnown) {
  std::string text = page(whole_snapshot());
  EXPECT_EQ(fault_of(text), "");
  for (std::string_view part : {"<title>kms-7f3a: SERVING</title>",
                                "<span class=\"pill g\">SERVING</span>",
                                "kms.example.org:1688",
                                "healthy, 4 ms",
                                "[2001:db8::5]:1688",
                                "Connection refused",
                                "192.0.2.107/24",
                                "renews in 20 min",
                                "192.0.2.53",
                                "branch.example.org",
                                "down",
                                "corekms.colour is unknown",
                                "line 3: colour is no key",
                                "from fw_cfg",
                                "SHA-256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
                                "gateway.pool.kms.upstream",
                                "gatewayd</b> was started anew, 2 restarts: exit status 71",
                                ">1234<",
                                "Secure Boot on</span><i class=\"e\">lockdown confidentiality</i>",
                                "not taken from the command line: lsm=",
                                "-1.25 ms",
                                "<b>logs.example.org:601</b><i>192.0.2.20</i>",
                                "eth0: lease 192.0.2.107/24",
                                "upstream &lt;b&gt;: refused",
                                ", build 0f1e2d3c4b5a69788796a5b4c3d2e1f0</span>",
                                "half \xe2\x89\xa4 5 ms, 95 in 100 \xe2\x89\xa4 20 ms"})
    EXPECT_TRUE(has(text, part)) << part;
  EXPECT_FALSE(has(text, "Not everything fits"));
}

TEST(WebPage, NothingIsKnownIsAPageToo) {
  std::string text = page({});
  EXPECT_EQ(fault_of(text), "");
  EXPECT_TRUE(has(text, "<span class=\"pill w\">STARTING</span>"));
  EXPECT_TRUE(has(text, "no link"));
}

TEST(WebPage, ADeadGatewayIsNotBelieved) {
  Snapshot snapshot = whole_snapshot();
  snapshot.files[0] =
      "program name=gatewayd role=service state=backoff restarts=3 since-ms=5 error=killed%20by%20signal%209\n";
  std::string text = page(snapshot);
  EXPECT_TRUE(has(text, "<span class=\"pill b\">RESTARTING</span>"));
  EXPECT_TRUE(has(text, "not known while the gateway is not running"));
  EXPECT_FALSE(has(text, "healthy"));
  EXPECT_EQ(fault_of(text), "");
}

// Every value of every record is a tag, an attribute's end and a character that turns text around.
TEST(WebPage, HostileTextsStayText) {
  Snapshot snapshot = whole_snapshot();
  std::array<std::string, kFiles> files;
  for (size_t i = 0; i < kFiles; ++i) {
    files[i] = snapshot.files[i];
    std::string hostile;
    for (size_t at = 0; at < files[i].size(); ++at) {
      hostile += files[i][at];
      if (files[i][at] == '=') hostile += "%3cscript%3e%22%27%26%e2%80%ae%ff";
    }
    // As they were where an index or a state joins two records, so that all sections still appear.
    files[i] = files[i] + hostile;
    snapshot.files[i] = files[i];
  }
  std::string text = page(snapshot);
  EXPECT_EQ(fault_of(text), "");
  EXPECT_TRUE(has(text, "&lt;script&gt;&#34;&#39;&amp;"));
  EXPECT_FALSE(has(text, "<script"));
  EXPECT_FALSE(has(text, "\xe2\x80\xae"));
  EXPECT_FALSE(has(text, "\xff"));
}

// What is added, subtracted and multiplied must not overflow: the sanitizers would say so.
TEST(WebPage, BearsNumbersOfEverySize) {
  for (const char* number : {"9223372036854775807", "-9223372036854775807", "0", "-1", "x"}) {
    Snapshot snapshot = whole_snapshot();
    std::array<std::string, kFiles> files;
    for (size_t i = 0; i < kFiles; ++i) {
      Splitter words(snapshot.files[i], ' ');
      while (auto word = words.next()) {
        size_t equals = word->find('=');
        std::string_view value = word->substr(equals == std::string_view::npos ? word->size() : equals + 1);
        bool is_number = value.find_first_not_of("0123456789-") == std::string_view::npos && !value.empty();
        files[i] += (is_number ? std::string(word->substr(0, equals + 1)) + number : std::string(*word)) + " ";
      }
      snapshot.files[i] = files[i];
    }
    EXPECT_EQ(fault_of(page(snapshot)), "") << number;
    auto buffer = std::make_unique<char[]>(64 * 1024);
    Body body({buffer.get(), 64 * 1024}, kMetricsReserve);
    write_metrics(snapshot, body);
    EXPECT_FALSE(body.overflowed()) << number;
  }
}

TEST(WebPage, StaysSmallAndSaysWhatItLeftOut) {
  std::string init(kInitState);
  std::string gateway(kGatewayState.substr(0, kGatewayState.find("upstream")));
  for (int i = 0; i < 400; ++i)
    gateway += "upstream name=" + std::string(60, 'k') + std::to_string(i) + " port=1688 state=healthy pool=kms\n";
  std::string netd;
  for (int i = 0; i < 200; ++i) {
    netd += "link index=" + std::to_string(i) + " name=eth" + std::to_string(i) + " flags=UP,LOWER_UP mtu=1500\n";
    netd += "address link=" + std::to_string(i) + " address=192.0.2.1/24 source=dhcp\ndns link=" + std::to_string(i) +
            " address=192.0.2.1\n";
  }
  Snapshot snapshot = whole_snapshot();
  snapshot.files[1] = netd;
  snapshot.files[2] = gateway;
  std::string text = page(snapshot);
  EXPECT_LE(text.size(), kMaxPage);
  EXPECT_EQ(fault_of(text), "");
  EXPECT_TRUE(has(text, "Not everything fits here"));
}

TEST(WebPage, AsksForNothingFromOutside) {
  std::string text = page(whole_snapshot());
  for (std::string_view part :
       {"http:", "https:", "//", "src=", "url(", "@import", "style=", "onload", "<link", "<img"})
    EXPECT_FALSE(has(text, part)) << part;
  EXPECT_TRUE(has(text, "<meta http-equiv=\"refresh\" content=\"10\">"));
  std::string source(style_source().view());
  EXPECT_TRUE(source.starts_with("'sha256-") && source.ends_with("='"));
  EXPECT_EQ(source.size(), std::string("'sha256-'").size() + 44);
}

}  // namespace
}  // namespace ck::web
