// SPDX-License-Identifier: MIT
// From the host's end of VMware's channel to the document.
#include <gtest/gtest.h>

#include "app/config/vmware.h"
#include "support/vmware_host.h"
#include "sys/vmware_backdoor.h"

namespace ck::config {
namespace {

constexpr std::string_view kText = "[system]\nhostname = \"branch7\"\n";
constexpr std::string_view kBase64 = "W3N5c3RlbV0KaG9zdG5hbWUgPSAiYnJhbmNoNyIK";

Candidate guestinfo_of(vmware::Host& host) {
  Candidate candidate = from_guestinfo([&](vmware::Registers& registers) { host.exchange(registers); });
  EXPECT_EQ(host.error, "");
  EXPECT_EQ(host.open_channels, 0u);
  return candidate;
}

TEST(Guestinfo, ByItsKeyAsItsEncodingSays) {
  vmware::Host host;
  EXPECT_FALSE(guestinfo_of(host).is_found);
  host.values["guestinfo.corekms.config"] = kText;
  EXPECT_EQ(guestinfo_of(host).text, kText);
  host.values["guestinfo.corekms.config"] = kBase64;
  host.values["guestinfo.corekms.config.encoding"] = "base64";
  Candidate candidate = guestinfo_of(host);
  EXPECT_EQ(candidate.text, kText);
  EXPECT_EQ(candidate.trouble, "");
  host.values["guestinfo.corekms.config.encoding"] = "gzip+base64";
  EXPECT_EQ(guestinfo_of(host).trouble, "gzip: damaged");
  host.values["guestinfo.corekms.config"] = "";
  EXPECT_FALSE(guestinfo_of(host).is_found) << "how it is taken away";
}

std::string environment_of(std::string_view value, std::string_view encoding) {
  return std::string(
             "<?xml version=\"1.0\"?><Environment "
             "xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\"><PropertySection>") +
         "<Property oe:key=\"guestinfo.corekms.config\" oe:value=\"" + std::string(value) + "\"/>" +
         "<Property oe:key=\"guestinfo.corekms.config.encoding\" oe:value=\"" + std::string(encoding) + "\"/>" +
         "</PropertySection></Environment>";
}

TEST(Guestinfo, ByThePropertiesOfAnAppliance) {
  vmware::Host host;
  host.values["guestinfo.ovfEnv"] = environment_of(kBase64, "base64");
  EXPECT_EQ(guestinfo_of(host).text, kText);
  host.values["guestinfo.ovfEnv"] = environment_of("[system]&#10;hostname = &quot;branch7&quot;&#10;", "");
  EXPECT_EQ(guestinfo_of(host).text, kText);
  host.values["guestinfo.corekms.config"] = "# set later, by hand\n";
  EXPECT_EQ(guestinfo_of(host).text, "# set later, by hand\n");
  host.values.erase("guestinfo.corekms.config");
  host.values["guestinfo.ovfEnv"] = environment_of("", "");
  EXPECT_FALSE(guestinfo_of(host).is_found) << "as the appliance is shipped";
  host.values["guestinfo.ovfEnv"] = "<Environment";
  EXPECT_EQ(guestinfo_of(host).trouble, "OVF environment: a tag without its end");
  host.values["guestinfo.ovfEnv"] = environment_of(kBase64, "rot13");
  EXPECT_TRUE(guestinfo_of(host).is_found);
  EXPECT_NE(guestinfo_of(host).trouble, "");
}

TEST(Guestinfo, WithoutAChannelThereIsNoneAndABrokenOneIsTrouble) {
  vmware::Host host;
  host.refuses_channels = true;
  EXPECT_FALSE(guestinfo_of(host).is_found);
  vmware::Host broken;
  broken.values["guestinfo.corekms.config"] = kText;
  broken.fails_at = 15;
  Candidate candidate = guestinfo_of(broken);
  EXPECT_TRUE(candidate.is_found);
  EXPECT_EQ(candidate.trouble, "guestinfo: the channel broke in the reply");
  vmware::Host large;
  large.values["guestinfo.corekms.config"] = std::string(200'000, 'A');
  EXPECT_EQ(guestinfo_of(large).trouble, "guestinfo: the value is too long");
}

TEST(Guestinfo, AskingForTheBackdoorHarmsNoMachine) {
  bool answers = sys::backdoor_answers();  // where nobody catches it the instruction faults, which must not end us
  if (sys::is_vmware_guest()) GTEST_SKIP() << "on VMware; the backdoor answers: " << answers;
  EXPECT_FALSE(from_guestinfo());
}

}  // namespace
}  // namespace ck::config
