// SPDX-License-Identifier: MIT
#include "wire/ovf/environment.h"

#include <gtest/gtest.h>

namespace ck::ovf {
namespace {

constexpr std::string_view kHead = R"(<?xml version="1.0" encoding="UTF-8"?>
<Environment
     xmlns="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:ve="http://www.vmware.com/schema/ovfenv"
     oe:id=""
     ve:vCenterId="vm-17">
   <PlatformSection>
      <Kind>VMware ESXi</Kind>
      <Version>8.0.2</Version>
   </PlatformSection>
)";

std::string environment(std::string_view sections) {
  return std::string(kHead) + std::string(sections) + "</Environment>\n";
}

std::string value_of(std::string_view document, std::string_view key = "guestinfo.corekms.config") {
  auto value = find_property(document, key);
  if (!value) return std::string("error: ") + value.error().what;
  return value->value_or("none");
}

std::string section(std::string_view properties) {
  return environment("<PropertySection>" + std::string(properties) + "</PropertySection>");
}

TEST(OvfEnvironment, AValueByItsKey) {
  std::string document = environment(R"(   <PropertySection>
         <Property oe:key="guestinfo.corekms.config.encoding" oe:value="base64"/>
         <Property oe:key="guestinfo.corekms.config" oe:value="W3N5c3RlbV0K"/>
   </PropertySection>
   <ve:EthernetAdapterSection>
      <ve:Adapter ve:mac="00:50:56:00:00:01" ve:network="VM Network" ve:unitNumber="7"/>
   </ve:EthernetAdapterSection>
)");
  EXPECT_EQ(value_of(document), "W3N5c3RlbV0K");
  EXPECT_EQ(value_of(document, "guestinfo.corekms.config.encoding"), "base64");
  EXPECT_EQ(value_of(document, "guestinfo"), "none");
  EXPECT_EQ(value_of(environment("")), "none");
}

TEST(OvfEnvironment, EveryFormOfWritingIt) {
  constexpr std::string_view kKey = "guestinfo.corekms.config";
  EXPECT_EQ(value_of(section("<a:Property a:value='x' a:key='guestinfo.corekms.config'></a:Property>")), "x");
  EXPECT_EQ(value_of(section("<Property\n key = \"guestinfo.corekms.config\"\tvalue = \"a>b/\" />")), "a>b/");
  EXPECT_EQ(value_of(section("<Property oe:key=\"guestinfo.corekms.config\"/>"), kKey), "");
  EXPECT_EQ(value_of(section("<!-- <Property oe:key='guestinfo.corekms.config' oe:value='no'/> -->"
                             "<![CDATA[<Property oe:key='guestinfo.corekms.config' oe:value='no'/>]]>"
                             "<Property oe:key='guestinfo.corekms.config' oe:value='yes'/>")),
            "yes");
}

TEST(OvfEnvironment, ReferencesAndLineEnds) {
  auto with = [](std::string_view value) {
    return section("<Property oe:key=\"guestinfo.corekms.config\" oe:value=\"" + std::string(value) + "\"/>");
  };
  EXPECT_EQ(value_of(with("[a]&#10;b = &quot;&lt;&amp;&gt;&apos;&quot;&#x0a;")), "[a]\nb = \"<&>'\"\n");
  EXPECT_EQ(value_of(with("[a]\nb = 'c'\n")), "[a]\nb = 'c'\n");
  EXPECT_EQ(value_of(with("&#228;&#x20AC;&#x1F600;")), "\u00e4\u20ac\U0001f600");
  for (std::string_view wrong : {"&#0;", "&#xd800;", "&#x110000;", "&#99999999999999999999;", "&#;", "&#x;", "&#1a;"})
    EXPECT_EQ(value_of(with(wrong)), "error: OVF environment: a character reference") << wrong;
  EXPECT_EQ(value_of(with("&nbsp;")), "error: OVF environment: an unknown entity");
  EXPECT_EQ(value_of(with("a & b")), "error: OVF environment: a reference without its end");
}

TEST(OvfEnvironment, OtherMachinesAndOtherSectionsDoNotCount) {
  constexpr std::string_view kOther = "<Property oe:key='guestinfo.corekms.config' oe:value='other'/>";
  std::string entity = "<Entity oe:id='x'><PropertySection>" + std::string(kOther) + "</PropertySection></Entity>";
  EXPECT_EQ(value_of(environment(entity)), "none");
  EXPECT_EQ(value_of(environment("<ve:Section>" + std::string(kOther) + "</ve:Section>")), "none");
  EXPECT_EQ(value_of(environment("<PropertySection/>" + std::string(kOther))), "none");
  EXPECT_EQ(value_of(environment("<PropertySection><x>" + std::string(kOther) + "</x></PropertySection>")), "none");
  EXPECT_EQ(
      value_of(environment(entity + "<PropertySection><Property oe:key='guestinfo.corekms.config' oe:value='own'/>"
                                    "</PropertySection>")),
      "own");
}

TEST(OvfEnvironment, WhatIsBrokenIsSaid) {
  EXPECT_EQ(value_of(""), "error: OVF environment: it breaks off");
  EXPECT_EQ(value_of("no XML"), "error: OVF environment: it breaks off");
  EXPECT_EQ(value_of(kHead), "error: OVF environment: it breaks off");
  EXPECT_EQ(value_of("<Envelope/>"), "error: OVF environment: its root is no Environment");
  EXPECT_EQ(value_of("<Environment/><Environment/>"), "error: OVF environment: its root is no Environment");
  EXPECT_EQ(value_of("</Environment>"), "error: OVF environment: an end without its begin");
  EXPECT_EQ(value_of("<!DOCTYPE Environment [<!ENTITY a 'b'>]><Environment/>"),
            "error: OVF environment: a document type");
  EXPECT_EQ(value_of("<Environment"), "error: OVF environment: a tag without its end");
  EXPECT_EQ(value_of("<Environment a=\">"), "error: OVF environment: a tag without its end");
  EXPECT_EQ(value_of("<>"), "error: OVF environment: a tag without a name");
  EXPECT_EQ(value_of("<!-- "), "error: OVF environment: it breaks off");
  EXPECT_EQ(value_of(section("<Property oe:key/>")), "error: OVF environment: an attribute of a property");
  EXPECT_EQ(value_of(section("<Property oe:key=x/>")), "error: OVF environment: an attribute of a property");
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "<a>";
  EXPECT_EQ(value_of(environment(deep)), "error: OVF environment: too deep");
}

}  // namespace
}  // namespace ck::ovf
