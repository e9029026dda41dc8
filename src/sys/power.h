// SPDX-License-Identifier: MIT
// The end of the machine: power off and restart, Ctrl-Alt-Del as a signal, and the ACPI power button, which the kernel
// reports as the key KEY_POWER of an input device (drivers/acpi/button.c).
#pragma once

#include <array>
#include <functional>

#include "base/result.h"
#include "sys/event_loop.h"
#include "sys/unique_fd.h"

namespace ck::sys {

// Both write out what is dirty first. They return only when the kernel refused. Errors: System.
Result<void> power_off();
Result<void> restart();

// From now on Ctrl-Alt-Del sends SIGINT to PID 1 instead of restarting at once. Errors: System.
Result<void> catch_ctrl_alt_del();

// Calls back when any power key is pressed. Machines without one are fine: buttons() is then 0.
class PowerButton {
 public:
  Result<void> start(EventLoop& loop, std::function<void()> callback);
  size_t buttons() const { return count_; }

 private:
  struct Button {
    UniqueFd fd;
    Watch watch;
  };
  void read(Button& button);

  std::array<Button, 4> buttons_;
  size_t count_ = 0;
  std::function<void()> callback_;
};

}  // namespace ck::sys
