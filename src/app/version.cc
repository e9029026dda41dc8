// SPDX-License-Identifier: MIT
#include "app/program.h"

// All come from the build: CMake's project version, and the commit that was built with its time.
#ifndef CK_VERSION
#error "CK_VERSION is not defined"
#endif

namespace ck {

const char* version() { return CK_VERSION; }
const char* commit() { return CK_COMMIT; }
int64_t commit_seconds() { return CK_COMMIT_SECONDS; }

}  // namespace ck
