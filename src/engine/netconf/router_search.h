// SPDX-License-Identifier: MIT
// When the routers of a link are asked for advertisements (RFC 4861 6.3.7), and when no more. The first solicitation
// goes out as soon as the link runs. Until a router is found they are repeated: soon at first, since one lost packet is
// not to cost a second; at least every 8 s in the first minute, in which a switch port may not forward yet; then ever
// more seldom, up to once an hour, but for ever (RFC 7559).
//
// Found is a router that makes itself the default one: an advertisement without that does not end the search (RFC 7559
// 2.2). The kernel does not tell of an advertisement as such, so what it tells of counts: see has_router().
#pragma once

#include <cstdint>

#include "base/random.h"
#include "base/time.h"
#include "engine/dhcp6/retransmission.h"
#include "engine/netconf/present.h"

namespace ck::netconf {

class RouterSearch {
 public:
  static constexpr dhcp6::RetransmissionRule kRule = {.initial = 400ms, .longest = 8s};
  static constexpr Duration kFirstMinute = 60s;
  static constexpr Duration kLongest = 3600s;  // RFC 7559 2: MRT

  // `random` must outlive the search.
  explicit RouterSearch(RandomSource& random) : random_(random) {}

  // The link runs, perhaps in another network than before: to be asked for at once.
  void begin(TimePoint now) {
    retransmission_ = dhcp6::Retransmission(kRule);
    next_ = now;
  }
  // A router was found, or the link does not run any more.
  void end() { next_ = kNever; }

  // Whether a solicitation is due, and if so counts it as sent.
  bool take(TimePoint now) {
    if (now < next_) return false;
    if (retransmission_.count() > 0 && now - retransmission_.began() >= kFirstMinute)
      retransmission_.set_longest(kLongest);
    next_ = retransmission_.next(now, random_);
    return true;
  }
  // When take() will say yes; kNever: nobody is searched for.
  TimePoint next() const { return next_; }

 private:
  RandomSource& random_;
  dhcp6::Retransmission retransmission_;
  TimePoint next_ = kNever;
};

// Whether the kernel has a default route that an advertisement made. It outlives the carrier, so it says that a router
// was found only together with something new of an advertisement: a route, an address, a name server.
bool has_router(const Present& present, uint32_t link);

}  // namespace ck::netconf
