// SPDX-License-Identifier: MIT
// The buffers of all connections: one PDU each, taken when bytes are about to come and given back when none are left,
// so that a connection which only waits costs none. The memory is the caller's and never grows; with two buffers for
// each connection there is always one left. The buffer given back last is taken first, so few pages are ever touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/dcerpc/pdu.h"

namespace ck::gateway {

inline constexpr size_t kMaxConnections = 1024;
inline constexpr size_t kReserve = 32;  // places beyond, for clients that are to be told that there is none
inline constexpr size_t kMaxPlaces = kMaxConnections + kReserve;
inline constexpr size_t kMaxBuffers = 2 * kMaxPlaces;
inline constexpr size_t kBufferStride = 8192;  // of which a small PDU touches one page
static_assert(kBufferStride >= dcerpc::kMaxFragment);

class Buffers {
 public:
  // `memory` holds a whole number of strides, at most kMaxBuffers, and outlives this.
  explicit Buffers(MutableBytes memory = {}) { start(memory); }
  void start(MutableBytes memory) {
    memory_ = memory;
    count_ = free_ = memory.size() / kBufferStride;
    if (count_ > kMaxBuffers) __builtin_trap();
    for (size_t i = 0; i < count_; ++i) order_[i] = static_cast<uint16_t>(count_ - 1 - i);
  }

  // kMaxFragment bytes. To take more than there are is our own bug.
  MutableBytes take() {
    if (free_ == 0) __builtin_trap();
    size_t index = order_[--free_];
    if (index >= touched_) touched_ = index + 1;
    return memory_.subspan(index * kBufferStride, dcerpc::kMaxFragment);
  }
  void give(MutableBytes buffer) {
    auto offset = static_cast<size_t>(buffer.data() - memory_.data());
    if (free_ == count_ || offset >= memory_.size()) __builtin_trap();
    order_[free_++] = static_cast<uint16_t>(offset / kBufferStride);
  }

  size_t taken() const { return count_ - free_; }
  // Bytes from the beginning of the memory that may have been written to since the last restart().
  size_t touched() const { return touched_ * kBufferStride; }
  // While none is taken: the lowest first again, nothing touched (the caller has given the pages back).
  void restart() {
    if (taken() > 0) __builtin_trap();
    start(memory_);
    touched_ = 0;
  }

 private:
  MutableBytes memory_;
  size_t count_ = 0;
  size_t free_ = 0;
  size_t touched_ = 0;
  std::array<uint16_t, kMaxBuffers> order_{};  // the first free_ are free; the last of them is next
};

}  // namespace ck::gateway
