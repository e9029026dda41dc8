// SPDX-License-Identifier: MIT
// What there is to get: reads the state files of the other programs, anew when they were last read a while ago, and
// writes the body that a path names.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "engine/web/page.h"
#include "engine/web/snapshot.h"
#include "wire/http/request.h"

namespace ck::webd {

// The body for a request; `text` is a view of the buffer that was given.
struct Answer {
  http::Status status = http::Status::Ok;
  std::string_view content_type;
  std::string_view text;
  std::string_view style_source;  // of the page
};

class Content {
 public:
  Answer answer(std::string_view path, const web::Counters& counters, TimePoint now, std::span<char> buffer);
  // "404 Not Found"
  static Answer refusal(http::Status status, std::span<char> buffer);

 private:
  static constexpr Duration kFresh = 100ms;  // a client that asks again and again does not make us read again and again
  void read(TimePoint now);

  using Buffer = std::array<char, state::kMaxFile>;
  using Buffers = std::array<Buffer, web::kFiles>;
  std::unique_ptr<Buffers> buffers_ = std::make_unique_for_overwrite<Buffers>();
  web::Snapshot snapshot_;
  FixedString<64> style_source_ = web::style_source();
  TimePoint read_ = from_ms(-1'000'000);
};

}  // namespace ck::webd
