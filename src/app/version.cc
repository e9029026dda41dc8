// SPDX-License-Identifier: MIT
#include "app/program.h"

// Both come from the build: CMake's project version and the commit that was built.
#ifndef CK_VERSION
#error "CK_VERSION is not defined"
#endif

namespace ck {

const char* version() { return CK_VERSION; }
const char* commit() { return CK_COMMIT; }

}  // namespace ck
