// SPDX-License-Identifier: MIT
#include "engine/hyperv/kvp_document.h"

#include <algorithm>
#include <charconv>

namespace ck::hyperv {

namespace {

constexpr std::string_view kKey = "corekms.config";
constexpr std::string_view kEncoding = ".encoding";

// 7 of "7"; nothing for another text, "07" too.
std::optional<size_t> number_of(std::string_view text) {
  size_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return number;
}

}  // namespace

std::optional<Status> KvpDocument::receive(Bytes bytes, TimePoint now) {
  auto message = parse(bytes);
  if (!message) {
    if (bytes.size() != kMessageSize) return std::nullopt;
    heard_ = now;
    return Status::Failed;
  }
  heard_ = now;
  switch (message->operation) {
    case Operation::Register: return std::nullopt;
    case Operation::Set:
      if (message->pool == kPoolExternal) keep(message->key, message->value);
      return Status::Ok;
    case Operation::Get:
    case Operation::Delete:
    case Operation::Enumerate: return Status::NoItem;
    case Operation::GetIpInfo:
    case Operation::SetIpInfo: return Status::Failed;
  }
  return std::nullopt;
}

TimePoint KvpDocument::deadline() const { return std::min(heard_ + kQuiet, begun_ + kMostTime); }

void KvpDocument::keep(std::string_view key, std::string_view value) {
  if (!key.starts_with(kKey)) return;
  key.remove_prefix(kKey.size());
  if (!key.empty() && key[0] != '.') return;
  if (key == kEncoding) {
    encoding_ = value;
    return;
  }
  auto number = key.empty() ? std::nullopt : number_of(key.substr(1));
  if (!key.empty() && !number) return;
  if (key.empty()) {
    whole_ = value;
    return;
  }
  if (*number >= kMostParts) {
    is_too_long_ = true;
    return;
  }
  if (parts_.size() <= *number) parts_.resize(*number + 1);
  parts_[*number] = value;
}

std::optional<config::Content> KvpDocument::document() const {
  auto trouble = [](std::string text) { return config::Content{.text = {}, .trouble = std::move(text)}; };
  if (is_too_long_) return trouble(std::string(kKey) + " has parts beyond " + std::to_string(kMostParts - 1));
  if (whole_ && !parts_.empty()) return trouble("both " + std::string(kKey) + " and its parts are set");
  if (whole_) return config::decode(*whole_, encoding_);
  if (parts_.empty()) return std::nullopt;
  std::string all;
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].empty()) return trouble(std::string(kKey) + "." + std::to_string(i) + " is missing");
    all += parts_[i];
  }
  return config::decode(all, encoding_);
}

}  // namespace ck::hyperv
