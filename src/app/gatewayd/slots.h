// SPDX-License-Identifier: MIT
// Memory for all connections, reserved at the start: a fixed number of places for a T. A place that was never used
// costs nothing. The place given back last is taken first. Nothing a peer sends makes this grow.
#pragma once

#include <array>
#include <cstdint>
#include <new>

#include "engine/gateway/buffers.h"
#include "sys/pages.h"

namespace ck::gatewayd {

template <typename T, size_t Most>
class Slots {
 public:
  // Places for `count`, at most Most. Errors: System.
  Result<void> start(size_t count) {
    pages_ = CK_TRY(sys::Pages::create(count * kStride));
    for (free_ = 0; free_ < count; ++free_) order_[free_] = static_cast<uint16_t>(count - 1 - free_);
    return {};
  }
  ~Slots() {
    each([&](T& item) { remove(item); });
  }

  // Makes a T(arguments...), or nullptr when all places are taken.
  template <typename... Arguments>
  T* add(Arguments&&... arguments) {
    if (free_ == 0) return nullptr;
    size_t index = order_[--free_];
    used_[index] = true;
    ++count_;
    return new (at(index)) T(static_cast<Arguments&&>(arguments)...);
  }
  void remove(T& item) {
    auto* place = reinterpret_cast<uint8_t*>(&item);
    auto index = static_cast<size_t>(place - pages_.memory().data()) / kStride;
    item.~T();
    used_[index] = false;
    order_[free_++] = static_cast<uint16_t>(index);
    --count_;
  }
  // `visit` may remove the item that it is given.
  template <typename Visit>
  void each(Visit visit) {
    for (size_t i = 0; i < Most && count_ > 0; ++i)
      if (used_[i]) visit(*std::launder(reinterpret_cast<T*>(at(i))));
  }
  size_t count() const { return count_; }

 private:
  static constexpr size_t kLine = 64;
  static constexpr size_t kStride = (sizeof(T) + kLine - 1) / kLine * kLine;
  uint8_t* at(size_t index) { return pages_.memory().data() + index * kStride; }

  sys::Pages pages_;
  std::array<bool, Most> used_{};
  std::array<uint16_t, Most> order_{};  // the first free_ are free; the last of them is next
  size_t free_ = 0;
  size_t count_ = 0;
};

}  // namespace ck::gatewayd
