// SPDX-License-Identifier: MIT
// What happens when memory is out (ARCHITECTURE.md, "Memory"): these replace the library's operator new and delete.
// PID 1 waits and tries again for ever, since it must never end; every other program ends with a message and is
// started anew by init. Null is never returned and nothing is thrown.
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <new>

#include "app/program.h"
#include "sys/log.h"

namespace {

void out_of_memory() {
  if (::getpid() != 1) {
    ck::sys::log(ck::sys::Severity::Error, {"out of memory"});
    ::_exit(ck::kExitOutOfMemory);
  }
  timespec pause{.tv_sec = 0, .tv_nsec = 100'000'000};
  (void)::nanosleep(&pause, nullptr);
}

template <typename Allocate>
void* allocate(Allocate attempt) {
  for (;;) {
    if (void* memory = attempt()) return memory;
    out_of_memory();
  }
}

}  // namespace

void* operator new(size_t size) {
  return allocate([=] { return ::malloc(size == 0 ? 1 : size); });
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, std::align_val_t alignment) {
  auto align = static_cast<size_t>(alignment);
  return allocate([=] { return ::aligned_alloc(align, (size + align - 1) / align * align); });
}
void* operator new[](size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
// libc++'s own nothrow forms would abort once the plain ones are replaced; std::stable_sort asks for them.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return operator new(size); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return operator new(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return operator new(size, alignment);
}
void operator delete(void* memory) noexcept { ::free(memory); }
void operator delete[](void* memory) noexcept { ::free(memory); }
void operator delete(void* memory, size_t) noexcept { ::free(memory); }
void operator delete[](void* memory, size_t) noexcept { ::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { ::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { ::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { ::free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { ::free(memory); }
