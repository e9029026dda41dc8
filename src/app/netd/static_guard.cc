// SPDX-License-Identifier: MIT
#include "app/netd/static_guard.h"

#include <utility>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/log.h"

namespace ck::netd {

namespace {

constexpr Duration kLogInterval = 1h;  // of the same conflict: RFC 5227 2.4 (c) wants the reports controlled

}  // namespace

Result<void> StaticGuard::start(sys::EventLoop& loop, uint32_t link, std::function<void()> on_change) {
  on_change_ = std::move(on_change);
  return port_.start(
      loop, link, [this](const arp::Packet& packet) { step(acd::Received{packet}); },
      [this] { step(acd::TimeReached{}); });
}

void StaticGuard::claim() {
  if (guard_.address()) return;
  listen();
  step(acd::Claim{address_, acd::Use::Always});
}

void StaticGuard::abandon() {
  if (!guard_.address()) return;
  step(acd::Abandon{});
  forget_contest();
}

void StaticGuard::set_carrier(Carrier carrier) {
  if (std::exchange(carrier_, carrier) == carrier) return;
  if (carrier == Carrier::Down) return step(acd::LinkLost{});
  forget_contest();  // it is asked for anew
  if (guard_.address()) listen();
  step(acd::LinkFound{});
}

// Before the first probe goes out: its answer must be heard.
void StaticGuard::listen() {
  if (carrier_ == Carrier::Down || std::exchange(listens_, true)) return;
  port_.guard(address_, own_, link_name_);
}

void StaticGuard::step(const acd::Event& event) {
  acd::Actions actions = guard_.step(event, sys::now());
  for (const acd::Action& action : actions.list) {
    if (const auto* send = std::get_if<acd::Send>(&action)) port_.send(send->packet, link_name_);
    if (const auto* contest = std::get_if<acd::Contest>(&action)) on_contest(contest->by);
  }
  port_.arm(actions.timer);
}

void StaticGuard::on_contest(const MacAddress& by) {
  TimePoint now = sys::now();
  contest_ = netconf::Contest{.address = address_, .by = by, .at = now};
  if (logged_by_ != by || now - logged_ >= kLogInterval) {
    logged_by_ = by;
    logged_ = now;
    sys::log(sys::Severity::Warning, {link_name_, ": ", to_text(address_), " is in use by ", to_text(by),
                                      " as well: kept, as it was given by hand"});
  }
  on_change_();
}

void StaticGuard::forget_contest() {
  if (!contest_) return;
  contest_.reset();
  on_change_();
}

}  // namespace ck::netd
