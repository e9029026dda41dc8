// SPDX-License-Identifier: MIT
#include "wire/gzip/member.h"

#include <zlib.h>

namespace ck::gzip {

namespace {

constexpr int kGzipAlone = 16 + MAX_WBITS;  // zlib.h: no other wrapping is taken

struct Stream {
  z_stream state{};
  bool is_open = false;
  ~Stream() {
    if (is_open) inflateEnd(&state);
  }
};

}  // namespace

Result<std::string> unpack(Bytes member, size_t most) {
  Stream stream;
  if (inflateInit2(&stream.state, kGzipAlone) != Z_OK) return fail(Code::System, "zlib");
  stream.is_open = true;
  std::string out(most + 1, '\0');  // one more tells "just fits" from "too long"
  stream.state.next_in = const_cast<Bytef*>(member.data());
  stream.state.avail_in = static_cast<uInt>(member.size());
  stream.state.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.state.avail_out = static_cast<uInt>(out.size());
  int status = inflate(&stream.state, Z_FINISH);
  size_t size = out.size() - stream.state.avail_out;
  if (size > most) return fail(Code::OutOfRange, "gzip: too long when unpacked");
  if (status == Z_BUF_ERROR) return fail(Code::Malformed, "gzip: cut short");
  if (status != Z_STREAM_END) return fail(Code::Malformed, "gzip: damaged");
  if (stream.state.avail_in > 0) return fail(Code::Malformed, "gzip: bytes behind the end");
  out.resize(size);
  return out;
}

}  // namespace ck::gzip
