// SPDX-License-Identifier: MIT
#include "engine/web/json.h"

#include <gtest/gtest.h>

#include <string>

#include "support/json_check.h"
#include "support/web_state.h"

namespace ck::web {
namespace {

std::string json(const Snapshot& snapshot, size_t size = 64 * 1024) {
  return text_of(snapshot, size, kJsonReserve, write_json);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(WebJson, HasEveryRecordOfEveryKind) {
  std::string text = json(whole_snapshot());
  EXPECT_TRUE(JsonCheck::is_document(text)) << text;
  for (
      std::string_view part :
      {R"({"schema":1,)", R"("utc":"2026-11-26T)", R"("uptime_ms":600000)",
       R"("service":{"state":"SERVING","serving":true})",
       R"("memory":{"total_bytes":206729216,"available_bytes":112644096})",
       R"("web":{"connections":12,"requests":34,"errors":5,"refused":6})",
       R"("system":{"name":"CoreKMS","version":"0.1.0","commit":"5e0c1a2","build":"0f1e2d3c4b5a69788796a5b4c3d2e1f0","hostname":"kms-7f3a","hostname_source":"SMBIOS"})",
       R"({"name":"gatewayd","role":"service","state":"running","pid":61,"since_ms":140,"restarts":2,"status":"","error":"exit status 71"})",
       R"("problems":[)", R"({"text":"corekms.colour is unknown"})",
       R"("renew_ms":1800200,"valid_ms":3600200,"also_used_by":"")",
       R"("address":"fe80::1/64","scope":"link","flags":"","source":"link","server":"","since_ms":130,"renew_ms":null)",
       R"({"name":"2001:db8::5","port":1688,"address":"2001:db8::5","state":"failing")",
       R"({"name":"interface-denied","count":17})", R"("le_5000":1233})",
       R"("clock":{"state":"synchronised","source":"dhcp","server":"192.0.2.1","offset_us":-1250)",
       R"("text":"upstream \u003cb>: refused"})", R"("complete":true})"})
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  for (const JsonSection& section : json_sections())
    EXPECT_TRUE(has(
        text, std::string("\"") + std::string(section.name) + (section.shape == Shape::Object ? "\":{" : "\":[\n{")))
        << section.name;
}

TEST(WebJson, NothingIsKnownIsADocumentToo) {
  std::string text = json({});
  EXPECT_TRUE(JsonCheck::is_document(text)) << text;
  EXPECT_TRUE(has(text, R"("utc":null)"));
  EXPECT_TRUE(has(text, R"("system":null)"));
  EXPECT_TRUE(has(text, R"("programs":[])"));
  EXPECT_TRUE(has(text, R"("serving":false)"));
}

TEST(WebJson, ADeadGatewayIsNotTold) {
  Snapshot snapshot = whole_snapshot();
  snapshot.files[0] = "program name=gatewayd role=service state=backoff\n";
  std::string text = json(snapshot);
  EXPECT_TRUE(has(text, R"("gateway":null)"));
  EXPECT_TRUE(has(text, R"("upstreams":[])"));
}

TEST(WebJson, HostileTextsStayInTheirStrings) {
  Snapshot snapshot;
  snapshot.files[0] =
      "system name=a%22,%22b%22:%22c hostname=%5c%22%0a%ff version=%00 commit=%e2%80%ae\n"
      "program name=x pid=12%22 since-ms=-5 restarts=99999999999999999999\n";
  std::string text = json(snapshot);
  EXPECT_TRUE(JsonCheck::is_document(text)) << text;
  EXPECT_TRUE(has(text, R"("name":"a\",\"b\":\"c")")) << text;
  EXPECT_TRUE(has(text, "\"hostname\":\"\\\\\\\"\\u000a\xef\xbf\xbd\"")) << text;
  EXPECT_TRUE(has(text, R"("pid":null,"since_ms":-5,"restarts":null)")) << text;
}

TEST(WebJson, IsADocumentAtEverySize) {
  size_t whole = json(whole_snapshot()).size();
  bool cut = false;
  for (size_t size = kJsonReserve + 512; size < whole + kJsonReserve + 16; size += 7) {
    std::string text = json(whole_snapshot(), size);
    ASSERT_TRUE(JsonCheck::is_document(text)) << size << text;
    cut = cut || has(text, "\"complete\":false");
  }
  EXPECT_TRUE(cut);
}

}  // namespace
}  // namespace ck::web
