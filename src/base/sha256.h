// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4) of bytes that are all there: it names a configuration document, so that people can compare.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/fixed.h"

namespace ck {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest sha256(Bytes bytes);
// 64 hexadecimal digits.
FixedString<64> to_text(const Sha256Digest& digest);

}  // namespace ck
