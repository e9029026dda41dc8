// SPDX-License-Identifier: MIT
// Containers of fixed capacity: FixedVector<T, N> and FixedString<N>. They never allocate; adding beyond the capacity
// returns false (FixedVector) or truncates and says so (FixedString), and the caller decides what that means.
// T must be default-constructible; elements live in a plain array.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace ck {

template <typename T, size_t N>
class FixedVector {
 public:
  using value_type = T;
  static constexpr size_t capacity() { return N; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }

  // False when full: the element was not added.
  [[nodiscard]] bool push_back(T value) {
    if (full()) return false;
    items_[size_++] = std::move(value);
    return true;
  }
  void clear() {
    while (size_ > 0) items_[--size_] = T{};
  }
  // Removes one element and keeps the order of the others.
  void erase(size_t index) {
    if (index >= size_) return;
    for (size_t i = index; i + 1 < size_; ++i) items_[i] = std::move(items_[i + 1]);
    items_[--size_] = T{};
  }

  // Out of bounds is our own bug and traps.
  T& operator[](size_t index) { return index < size_ ? items_[index] : trap(); }
  const T& operator[](size_t index) const { return index < size_ ? items_[index] : trap(); }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  T* data() { return items_.data(); }
  const T* data() const { return items_.data(); }

  friend bool operator==(const FixedVector& a, const FixedVector& b) {
    if (a.size_ != b.size_) return false;
    for (size_t i = 0; i < a.size_; ++i)
      if (!(a.items_[i] == b.items_[i])) return false;
    return true;
  }

 private:
  [[noreturn]] static T& trap() { __builtin_trap(); }
  std::array<T, N> items_{};
  size_t size_ = 0;
};

// Text of at most N bytes.
template <size_t N>
class FixedString {
 public:
  FixedString() = default;
  FixedString(std::string_view text) { append(text); }  // NOLINT: implicit on purpose, it is text
  FixedString(const char* text) { append(text); }       // NOLINT: implicit on purpose, it is text

  static constexpr size_t capacity() { return N; }
  std::string_view view() const { return {data_.data(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT: implicit on purpose, it is text
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }

  // Appends what fits; false when something was cut off.
  bool append(std::string_view text) {
    size_t room = N - size_;
    size_t take = text.size() < room ? text.size() : room;
    for (size_t i = 0; i < take; ++i) data_[size_ + i] = text[i];
    size_ += take;
    return take == text.size();
  }
  bool append(char character) { return append(std::string_view(&character, 1)); }

  friend bool operator==(const FixedString& a, const FixedString& b) { return a.view() == b.view(); }
  friend bool operator==(const FixedString& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const FixedString& a, const char* b) { return a.view() == std::string_view(b); }

 private:
  std::array<char, N> data_{};
  size_t size_ = 0;
};

}  // namespace ck
