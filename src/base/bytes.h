// SPDX-License-Identifier: MIT
// Bounds-checked reading and writing of wire bytes. A ByteReader is a view: it owns nothing, and what it returns
// points into the caller's buffer. Every read says whether there was enough; nothing is ever read past the end.
// A ByteWriter fills a caller's buffer; once something did not fit it stays failed, so one check at the end suffices.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ck {

using Bytes = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

enum class ByteOrder : uint8_t { Big, Little };

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes, ByteOrder order = ByteOrder::Big) : bytes_(bytes), order_(order) {}

  size_t remaining() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }
  bool empty() const { return remaining() == 0; }
  void set_order(ByteOrder order) { order_ = order; }

  // Each returns nothing, and consumes nothing, when fewer bytes remain than it needs.
  std::optional<uint8_t> u8() { return read<uint8_t>(order_); }
  std::optional<uint16_t> u16() { return read<uint16_t>(order_); }
  std::optional<uint32_t> u32() { return read<uint32_t>(order_); }
  std::optional<uint64_t> u64() { return read<uint64_t>(order_); }

  std::optional<Bytes> take(size_t length) {
    if (length > remaining()) return std::nullopt;
    Bytes part = bytes_.subspan(at_, length);
    at_ += length;
    return part;
  }
  template <size_t N>
  std::optional<std::array<uint8_t, N>> array() {
    auto part = take(N);
    if (!part) return std::nullopt;
    std::array<uint8_t, N> copy;
    for (size_t i = 0; i < N; ++i) copy[i] = (*part)[i];
    return copy;
  }
  [[nodiscard]] bool skip(size_t length) { return take(length).has_value(); }
  Bytes rest() const { return bytes_.subspan(at_); }

 private:
  template <typename T>
  std::optional<T> read(ByteOrder order) {
    auto part = take(sizeof(T));
    if (!part) return std::nullopt;
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      size_t index = order == ByteOrder::Big ? i : sizeof(T) - 1 - i;
      value = (value << 8) | (*part)[index];
    }
    return static_cast<T>(value);
  }

  Bytes bytes_;
  size_t at_ = 0;
  ByteOrder order_;
};

class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes buffer, ByteOrder order = ByteOrder::Big) : buffer_(buffer), order_(order) {}

  // False once anything did not fit; written() is then not to be used.
  bool ok() const { return ok_; }
  size_t size() const { return at_; }
  size_t room() const { return buffer_.size() - at_; }
  Bytes written() const { return buffer_.first(at_); }

  ByteWriter& u8(uint8_t value) { return put(value, 1); }
  ByteWriter& u16(uint16_t value) { return put(value, 2); }
  ByteWriter& u32(uint32_t value) { return put(value, 4); }
  ByteWriter& u64(uint64_t value) { return put(value, 8); }
  ByteWriter& bytes(Bytes data) {
    if (!reserve(data.size())) return *this;
    for (uint8_t byte : data) buffer_[at_++] = byte;
    return *this;
  }
  ByteWriter& text(std::string_view data) {
    return bytes(Bytes(reinterpret_cast<const uint8_t*>(data.data()), data.size()));
  }
  ByteWriter& zeros(size_t count) {
    if (!reserve(count)) return *this;
    for (size_t i = 0; i < count; ++i) buffer_[at_++] = 0;
    return *this;
  }
  // Overwrites two bytes written before (a length or checksum known only later).
  void patch_u16(size_t position, uint16_t value) {
    if (position + 2 > at_) {
      ok_ = false;
      return;
    }
    size_t end = at_;
    at_ = position;
    put(value, 2);
    at_ = end;
  }

 private:
  bool reserve(size_t count) {
    if (!ok_ || count > room()) ok_ = false;
    return ok_;
  }
  ByteWriter& put(uint64_t value, size_t width) {
    if (!reserve(width)) return *this;
    for (size_t i = 0; i < width; ++i) {
      size_t shift = order_ == ByteOrder::Big ? width - 1 - i : i;
      buffer_[at_ + i] = static_cast<uint8_t>(value >> (8 * shift));
    }
    at_ += width;
    return *this;
  }

  MutableBytes buffer_;
  size_t at_ = 0;
  ByteOrder order_;
  bool ok_ = true;
};

inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

}  // namespace ck
