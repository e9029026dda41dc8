// SPDX-License-Identifier: MIT
// The order in which to try the targets of an SRV answer (RFC 2782, "Usage rules"): lowest priority first; within a
// priority a weighted draw by running sum. The RFC draws from 0..sum inclusive, which favours the first record; here
// the draw is from 0..sum-1 among the weights above zero, and records of weight 0 come after them, in random order.
#pragma once

#include <span>

#include "base/random.h"
#include "wire/dns/message.h"

namespace ck::resolver {

// Sorts in place.
void order_srv(std::span<dns::Record> records, RandomSource& random);

}  // namespace ck::resolver
