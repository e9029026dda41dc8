// SPDX-License-Identifier: MIT
#include "engine/dhcp6/reconfigure_key.h"

#include "base/hmac_md5.h"

namespace ck::dhcp6 {

void ReconfigureKey::learn(const Reply& reply) {
  if (reply.server != server_) forget();
  if (!reply.server || !reply.authentication || reply.authentication->kind != Authentication::Kind::Key) return;
  bool is_new = !server_ || reply.authentication->value != key_;
  server_ = reply.server;
  key_ = reply.authentication->value;
  if (is_new || reply.authentication->replay_counter > least_) least_ = reply.authentication->replay_counter;
}

bool ReconfigureKey::believes(const Reply& reconfigure) {
  if (!server_ || reconfigure.server != server_) return false;
  const auto& authentication = reconfigure.authentication;
  if (!authentication || authentication->kind != Authentication::Kind::Digest) return false;
  if (authentication->replay_counter < least_) return false;
  // The digest is made over the whole message, with zeros where the digest stands.
  size_t end = authentication->value_position + kKeySize;
  if (end > reconfigure.message.size()) return false;
  constexpr std::array<uint8_t, kKeySize> kZeros{};
  HmacMd5 hmac(key_);
  hmac.update(reconfigure.message.first(authentication->value_position));
  hmac.update(kZeros);
  hmac.update(reconfigure.message.subspan(end));
  if (!equal_in_constant_time(hmac.finish(), authentication->value)) return false;
  least_ = authentication->replay_counter + 1;
  if (least_ == 0) forget();  // that was the last one that there is
  return true;
}

}  // namespace ck::dhcp6
