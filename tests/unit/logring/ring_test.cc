// SPDX-License-Identifier: MIT
#include "engine/logring/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

namespace ck::logring {
namespace {

using syslog::Severity;

struct Log {
  explicit Log(size_t size = kMinRing) : memory(size), ring(memory) {}
  void add(std::string_view text, Severity severity = Severity::Info, std::string_view program = "p") {
    ring.append({.utc_ms = 1000,
                 .at = from_ms(5),
                 .priority = {3, severity},
                 .pid = 9,
                 .program = program,
                 .message_id = "id",
                 .text = text});
  }
  std::vector<uint8_t> memory;
  Ring ring;
};

uint64_t sum(const Tally& tally) {
  uint64_t all = 0;
  for (uint64_t count : tally) all += count;
  return all;
}

TEST(LogRing, WhatGoesInComesOut) {
  Log log;
  Cursor cursor;
  EXPECT_FALSE(log.ring.read(cursor).entry);
  log.add("first", Severity::Error, "netd");
  log.add("");
  auto entry = log.ring.read(cursor).entry;
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->sequence, 1u);
  EXPECT_EQ(entry->utc_ms, 1000);
  EXPECT_EQ(entry->at, from_ms(5));
  EXPECT_EQ(entry->priority, (syslog::Priority{3, Severity::Error}));
  EXPECT_EQ(entry->pid, 9u);
  EXPECT_EQ(entry->program, "netd");
  EXPECT_EQ(entry->message_id, "id");
  EXPECT_EQ(entry->text, "first");
  entry = log.ring.read(cursor).entry;
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->sequence, 2u);
  EXPECT_EQ(entry->text, "");
  EXPECT_FALSE(log.ring.read(cursor).entry);
}

TEST(LogRing, WhatIsTooLongIsCut) {
  Log log;
  log.add(std::string(9000, 'x'), Severity::Info, std::string(100, 'p'));
  Cursor cursor;
  auto entry = log.ring.read(cursor).entry;
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->text, std::string(kMaxText, 'x'));
  EXPECT_EQ(entry->program, std::string(syslog::kMaxProgram, 'p'));
}

// Against a list that remembers everything: sizes of all kinds, readers at all distances, for many rounds of the
// memory.
TEST(LogRing, HoldsTheLastEntriesWhateverTheirSizes) {
  for (size_t size : {kMinRing, kMinRing + 8, kMinRing + 1234, 4 * kMinRing}) {
    SeededRandom random(size);
    Log log(size);
    std::vector<std::string> all;
    std::vector<Severity> severities;
    struct Reader {
      Cursor cursor;
      uint64_t read = 0, lost = 0;
    };
    std::array<Reader, 3> readers;
    std::vector<Cursor> places{Cursor{}};  // before each entry, as one who had just read the one before it
    for (int step = 0; step < 4000; ++step) {
      std::string text(random.below(random.below(8) == 0 ? kMaxText + 100 : 120), static_cast<char>('a' + step % 26));
      auto severity = static_cast<Severity>(random.below(8));
      log.add(text, severity);
      all.push_back(text.substr(0, kMaxText));
      severities.push_back(severity);
      ASSERT_EQ(log.ring.next(), all.size() + 1);
      ASSERT_LE(log.ring.first(), all.size()) << "the last one is always there";
      places.push_back(places.back());
      (void)log.ring.read(places.back());
      for (uint64_t old : {log.ring.first(), log.ring.first() + random.below(20)}) {
        if (old >= log.ring.next()) continue;
        Cursor cursor = places[old - 1];
        auto result = log.ring.read(cursor);
        ASSERT_TRUE(result.entry);
        ASSERT_EQ(result.entry->sequence, old);
        ASSERT_EQ(result.entry->text, all[old - 1]);
      }
      for (size_t i = 0; i < readers.size(); ++i) {
        Reader& reader = readers[i];
        if (random.below(static_cast<uint32_t>(1 + 40 * i)) != 0) continue;
        uint64_t before = reader.cursor.sequence;
        auto result = log.ring.read(reader.cursor);
        Tally expected{};
        for (uint64_t lost = before; lost < log.ring.first(); ++lost)
          ++expected[static_cast<size_t>(severities[lost - 1])];
        ASSERT_EQ(result.lost, expected);
        reader.lost += sum(result.lost);
        if (!result.entry) continue;
        ++reader.read;
        ASSERT_EQ(result.entry->sequence, std::max(before, log.ring.first()));
        ASSERT_EQ(result.entry->text, all[result.entry->sequence - 1]);
        ASSERT_EQ(result.entry->priority.severity, severities[result.entry->sequence - 1]);
      }
    }
    EXPECT_EQ(sum(log.ring.appended()), all.size());
    EXPECT_EQ(sum(log.ring.dropped()), log.ring.first() - 1);
    EXPECT_GT(readers[2].lost, 0u) << "the slow one was overtaken";
    for (Reader& reader : readers) EXPECT_EQ(reader.read + reader.lost + 1, reader.cursor.sequence);
    size_t held = 0;
    for (uint64_t i = log.ring.first(); i < log.ring.next(); ++i) held += all[i - 1].size() + 64;
    EXPECT_GT(held, size - 2 * (kMaxText + 100)) << "no more is dropped than must be";
  }
}

TEST(LogRing, IsFoundByNumber) {
  Log log;
  for (int i = 1; i <= 500; ++i) log.add("entry " + std::to_string(i));
  ASSERT_GT(log.ring.first(), 1u);
  for (uint64_t wanted : {uint64_t{0}, uint64_t{1}, log.ring.first(), log.ring.first() + 7, uint64_t{500}}) {
    Cursor cursor = log.ring.seek(wanted);
    auto result = log.ring.read(cursor);
    ASSERT_TRUE(result.entry);
    EXPECT_EQ(result.entry->sequence, std::max(wanted, log.ring.first()));
    EXPECT_EQ(sum(result.lost), 0u);
  }
  for (uint64_t wanted : {uint64_t{501}, UINT64_MAX}) {
    Cursor cursor = log.ring.seek(wanted);
    EXPECT_FALSE(log.ring.read(cursor).entry);
    EXPECT_EQ(cursor.sequence, 501u);
  }
}

TEST(LogRing, AnIdIsTheFirstWordOfARecordAndNotOfProse) {
  struct {
    std::string_view given, text, id;
  } cases[] = {
      {"", "connection at=2026-11-26T04:05:06.789Z id=7", "connection"},
      {"", "lease_renewed2 until=5", "lease_renewed2"},
      {"", "listening on [::]:1688", ""},
      {"", "eth0: lease 192.0.2.7/24", ""},
      {"", "Connection at=1", ""},
      {"", "2nd at=1", ""},
      {"", "one two three=3", ""},
      {"", "one =1", ""},
      {"", "alone", ""},
      {"", " at=1", ""},
      {"", "abcdefghijklmnopqrstuvwxyzabcdefg at=1", ""},
      {"ID47", "connection at=1", "ID47"},
  };
  for (const auto& one : cases) EXPECT_EQ(message_id_of(one.given, one.text), one.id) << one.text;
}

}  // namespace
}  // namespace ck::logring
