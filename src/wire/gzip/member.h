// SPDX-License-Identifier: MIT
// One gzip member (RFC 1952), unpacked whole. The unpacking is zlib's; this is all that the rest sees of it. Like
// wire/toml it allocates: it is for programs that end after reading one document.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace ck::gzip {

// At most `most` bytes. Errors: Malformed (no gzip, cut short, a checksum that differs, more behind the member),
// OutOfRange (more than `most` bytes).
Result<std::string> unpack(Bytes member, size_t most);

}  // namespace ck::gzip
