// SPDX-License-Identifier: MIT
// Asks operator new for memory, in the form that its argument names, until there is none. It is linked with
// src/app/memory.cc just as corekms is, so what it does then is what the programs do. Never ends by itself.
#include <cstring>
#include <new>
#include <string_view>

#include "sys/log.h"

int main(int argc, char** argv) {
  ck::sys::set_log_name("probe");
  std::string_view form = argc > 1 ? argv[1] : "plain";
  constexpr size_t kSize = 64 * 1024;
  for (;;) {
    void* memory = nullptr;
    if (form == "array") {
      memory = operator new[](kSize);
    } else if (form == "aligned") {
      memory = operator new(kSize, std::align_val_t{256});
    } else if (form == "nothrow") {
      memory = operator new(kSize, std::nothrow);
    } else {
      memory = operator new(kSize);
    }
    if (memory == nullptr) return 1;  // never: no form returns null
    std::memset(memory, 1, kSize);
  }
}
