// SPDX-License-Identifier: MIT
#include "sys/pages.h"

#include <sys/mman.h>

#include <utility>

#include "sys/errno.h"

namespace ck::sys {

Result<Pages> Pages::create(size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return last_error("mmap");
  return Pages({static_cast<uint8_t*>(memory), size});
}

Pages& Pages::operator=(Pages&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}

Pages::~Pages() {
  if (!memory_.empty()) (void)::munmap(memory_.data(), memory_.size());
}

void Pages::give_back(size_t offset, size_t size) const {
  size_t first = (offset + kPageSize - 1) / kPageSize * kPageSize;
  size_t last = (offset + size) / kPageSize * kPageSize;
  if (last > memory_.size() || first >= last) return;
  (void)::madvise(memory_.data() + first, last - first, MADV_DONTNEED);
}

}  // namespace ck::sys
