// SPDX-License-Identifier: MIT
// Whether a Reconfigure is to be believed: the reconfigure key authentication protocol (RFC 9915 20.4). The key comes
// in the clear in a Reply that this client asked for, so it keeps out whoever was not there to read it, no more.
// It counts for that server alone, and only while its replay counter goes up. The counter of the Reply that brought the
// key was in no message that the key protects, so the first Reconfigure may bear it as well (Dibbler's does), although
// 20.3 has it greater.
#pragma once

#include <optional>

#include "wire/dhcp6/reply.h"

namespace ck::dhcp6 {

class ReconfigureKey {
 public:
  // Takes the key of a Reply that has been accepted. One of another server without a key ends what was known.
  void learn(const Reply& reply);
  void forget() { server_.reset(); }
  bool is_known() const { return server_.has_value(); }

  // Whether the key's server made this message, and made it after every one that was believed before.
  bool believes(const Reply& reconfigure);

 private:
  std::optional<Duid> server_;
  std::array<uint8_t, kKeySize> key_{};
  uint64_t least_ = 0;  // the least counter that is still to be believed
};

}  // namespace ck::dhcp6
