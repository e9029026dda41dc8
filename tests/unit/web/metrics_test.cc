// SPDX-License-Identifier: MIT
#include "engine/web/metrics.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "base/text.h"
#include "support/web_state.h"

namespace ck::web {
namespace {

std::string metrics_of(const Snapshot& snapshot, size_t size = 64 * 1024) {
  return text_of(snapshot, size, kMetricsReserve, write_metrics);
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos || text.starts_with(line + "\n");
}

TEST(WebMetrics, EveryMetricOfTheTableIsTold) {
  std::string text = metrics_of(whole_snapshot());
  for (const Metric& metric : metrics()) {
    std::string name(metric.name);
    EXPECT_TRUE(has_line(text, "# HELP " + name + " " + std::string(metric.help))) << name;
    EXPECT_TRUE(has_line(text, "# TYPE " + name + " " + std::string(name_of(metric.type)))) << name;
  }
}

TEST(WebMetrics, ValuesAreInSecondsAndBytes) {
  std::string text = metrics_of(whole_snapshot());
  for (const char* line :
       {"corekms_build_info{version=\"0.1.0\",commit=\"5e0c1a2\",build=\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"} 1",
        "corekms_uptime_seconds 600",
        "corekms_time_seconds 1795665600",
        "corekms_memory_total_bytes 206729216",
        "corekms_service_serving 1",
        "corekms_problems 4",
        "corekms_configuration_good 1",
        "corekms_program_running{program=\"gatewayd\",role=\"service\"} 1",
        "corekms_program_restarts_total{program=\"gatewayd\",role=\"service\"} 2",
        "corekms_program_state_seconds{program=\"netd\",role=\"core\"} 599.88",
        "corekms_link_up{link=\"eth0\"} 1",
        "corekms_link_up{link=\"eth1\"} 0",
        "corekms_link_mtu_bytes{link=\"eth1\"} 9000",
        "corekms_dhcp4_lease_held{link=\"eth0\"} 1",
        "corekms_dhcp4_lease_held{link=\"eth1\"} 0",
        "corekms_dhcp6_lease_held{link=\"eth1\"} 0",
        "corekms_addresses 1",
        "corekms_address_valid_seconds{link=\"eth0\",address=\"192.0.2.107/24\"} 3000.2",
        "corekms_gateway_serving 1",
        "corekms_gateway_sessions_total{verdict=\"answered\"} 1234",
        "corekms_gateway_waiting{pool=\"kms\"} 1",
        "corekms_gateway_upstream_up{pool=\"kms\",upstream=\"kms.example.org\",port=\"1688\"} 1",
        "corekms_gateway_upstream_up{pool=\"kms\",upstream=\"2001:db8::5\",port=\"1688\"} 0",
        "corekms_gateway_upstream_round_trip_seconds{pool=\"kms\",upstream=\"kms.example.org\",port=\"1688\"} 0.004",
        "corekms_gateway_latency_seconds_bucket{phase=\"call\",le=\"0.002\"} 300",
        "corekms_gateway_latency_seconds_bucket{phase=\"call\",le=\"5\"} 1233",
        "corekms_gateway_latency_seconds_bucket{phase=\"call\",le=\"+Inf\"} 1234",
        "corekms_gateway_latency_seconds_sum{phase=\"call\"} 9",
        "corekms_gateway_latency_seconds_count{phase=\"call\"} 1234",
        "corekms_clock_synchronised 1",
        "corekms_clock_offset_seconds -0.00125",
        "corekms_clock_answer_age_seconds 10",
        "corekms_log_target_dropped_total{kind=\"tcp\",address=\"logs.example.org:601\"} 5",
        "corekms_web_refused_total 6"})
    EXPECT_TRUE(has_line(text, line)) << line << "\n" << text;
  EXPECT_EQ(text.find("corekms_dhcp6_lease_held{link=\"eth0\"}"), std::string::npos);  // it is off
}

TEST(WebMetrics, ADeadGatewayHasNoNumbers) {
  Snapshot snapshot = whole_snapshot();
  snapshot.files[0] = "program name=gatewayd role=service state=backoff restarts=7\n";
  std::string text = metrics_of(snapshot);
  EXPECT_EQ(text.find("corekms_gateway_"), std::string::npos);
  EXPECT_TRUE(has_line(text, "corekms_service_serving 0"));
}

TEST(WebMetrics, HostileNamesStayInTheirLabels) {
  Snapshot snapshot;
  snapshot.files[2] =
      "gateway state=serving\nupstream name=a%22}%201%0acorekms_evil%201%5c port=1 state=healthy pool=p\n";
  std::string text = metrics_of(snapshot);
  EXPECT_TRUE(
      has_line(text, "corekms_gateway_upstream_up{pool=\"p\",upstream=\"a\\\"} 1\\ncorekms_evil 1\\\\\",port=\"1\"} 1"))
      << text;
}

TEST(WebMetrics, NoSampleIsThereTwice) {
  Snapshot snapshot;
  snapshot.files[2] = "gateway state=serving\nverdict name=a count=1\nverdict name=a count=2\n";
  std::string text = metrics_of(snapshot);
  EXPECT_TRUE(has_line(text, "corekms_gateway_sessions_total{verdict=\"a\"} 1")) << text;
  std::set<std::string> seen;
  Splitter lines(text, '\n');
  while (auto line = lines.next())
    if (!line->empty()) EXPECT_TRUE(seen.insert(std::string(line->substr(0, line->find_last_of(' ')))).second) << *line;
}

TEST(WebMetrics, LinesAreWholeAtEverySize) {
  std::string whole = metrics_of(whole_snapshot());
  for (size_t size = kMetricsReserve; size < whole.size() + kMetricsReserve; size += 13) {
    std::string text = metrics_of(whole_snapshot(), size);
    ASSERT_NE(text, "overflowed") << size;
    ASSERT_TRUE(text.ends_with("# cut: not everything fits\n")) << size;
    Splitter lines(text, '\n');
    while (auto line = lines.next())
      if (!line->starts_with("# cut")) ASSERT_NE(whole.find(*line), std::string::npos) << *line;
  }
}

}  // namespace
}  // namespace ck::web
