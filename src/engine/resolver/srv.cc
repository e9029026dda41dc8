// SPDX-License-Identifier: MIT
#include "engine/resolver/srv.h"

#include <utility>

namespace ck::resolver {

namespace {

// The index of the next to try of one priority's records.
size_t draw(std::span<const dns::Record> records, RandomSource& random) {
  uint32_t sum = 0;
  for (const dns::Record& record : records) sum += record.weight;
  if (sum == 0) return random.below(static_cast<uint32_t>(records.size()));
  uint32_t drawn = random.below(sum);
  uint32_t running = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    running += records[i].weight;
    if (drawn < running) return i;
  }
  return 0;
}

}  // namespace

void order_srv(std::span<dns::Record> records, RandomSource& random) {
  // A few dozen records at most: insertion sort keeps the code small.
  for (size_t i = 1; i < records.size(); ++i)
    for (size_t k = i; k > 0 && records[k].priority < records[k - 1].priority; --k)
      std::swap(records[k], records[k - 1]);
  for (size_t first = 0; first < records.size(); ++first) {
    size_t last = first;
    while (last < records.size() && records[last].priority == records[first].priority) ++last;
    size_t drawn = first + draw(records.subspan(first, last - first), random);
    if (drawn != first) std::swap(records[first], records[drawn]);
  }
}

}  // namespace ck::resolver
