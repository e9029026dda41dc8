// SPDX-License-Identifier: MIT
// Memory for all connections, reserved at the start: a fixed number of slots, each a Connection and its two buffers. A
// slot that was never used costs no memory; one that is free again gives its pages back, but for the first few. The
// lowest free slot is taken first. Nothing a peer sends makes this grow.
#pragma once

#include <array>
#include <cstdint>
#include <new>

#include "sys/pages.h"
#include "wire/dcerpc/pdu.h"

namespace ck::gatewayd {

inline constexpr size_t kMaxConnections = 256;
inline constexpr size_t kSlotSize = 4 * sys::kPageSize;  // of which an exchange of small PDUs touches two
inline constexpr size_t kWarmSlots = 4;                  // keep their pages

template <typename T>
class Pool {
 public:
  static constexpr size_t kBuffers = 2 * dcerpc::kMaxFragment;
  static_assert(sizeof(T) + kBuffers <= kSlotSize, "a connection does not fit its slot");

  Result<void> start() {
    pages_ = CK_TRY(sys::Pages::create(kMaxConnections * kSlotSize));
    return {};
  }
  ~Pool() {
    each([&](T& item) { remove(item); });
  }

  // Makes a T(client buffer, upstream buffer, arguments...), or nullptr when all slots are taken.
  template <typename... Arguments>
  T* add(Arguments&&... arguments) {
    for (size_t i = 0; i < kMaxConnections; ++i) {
      if (used_[i]) continue;
      used_[i] = true;
      ++count_;
      uint8_t* slot = at(i);
      MutableBytes first(slot + sizeof(T), dcerpc::kMaxFragment);
      MutableBytes second(slot + sizeof(T) + dcerpc::kMaxFragment, dcerpc::kMaxFragment);
      return new (slot) T(first, second, static_cast<Arguments&&>(arguments)...);
    }
    return nullptr;
  }
  void remove(T& item) {
    auto* slot = reinterpret_cast<uint8_t*>(&item);
    auto index = static_cast<size_t>(slot - pages_.memory().data()) / kSlotSize;
    item.~T();
    used_[index] = false;
    --count_;
    if (index >= kWarmSlots) pages_.give_back(index * kSlotSize, kSlotSize);
  }
  // `visit` may remove the item that it is given.
  template <typename Visit>
  void each(Visit visit) {
    for (size_t i = 0; i < kMaxConnections; ++i)
      if (used_[i]) visit(*std::launder(reinterpret_cast<T*>(at(i))));
  }
  size_t count() const { return count_; }

 private:
  uint8_t* at(size_t index) { return pages_.memory().data() + index * kSlotSize; }

  sys::Pages pages_;
  std::array<bool, kMaxConnections> used_{};
  size_t count_ = 0;
};

}  // namespace ck::gatewayd
