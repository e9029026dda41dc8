// SPDX-License-Identifier: MIT
// Memory straight from the kernel: zeroed pages that cost nothing before they are touched, and that can be given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"

namespace ck::sys {

inline constexpr size_t kPageSize = 4096;

// An anonymous private mapping; unmapped in the destructor. Move-only.
class Pages {
 public:
  Pages() = default;
  Pages(Pages&& other) noexcept : memory_(other.memory_) { other.memory_ = {}; }
  Pages& operator=(Pages&& other) noexcept;
  ~Pages();

  // Errors: System.
  static Result<Pages> create(size_t size);
  std::span<uint8_t> memory() const { return memory_; }
  // The pages wholly within this part are zero again and cost nothing.
  void give_back(size_t offset, size_t size) const;

 private:
  explicit Pages(std::span<uint8_t> memory) : memory_(memory) {}
  std::span<uint8_t> memory_;
};

}  // namespace ck::sys
