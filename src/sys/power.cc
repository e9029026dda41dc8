// SPDX-License-Identifier: MIT
#include "sys/power.h"

#include <linux/input.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

namespace {

constexpr unsigned kMaxInputDevices = 32;  // EVDEV_MINORS of the kernel: event0 to event31

bool has_power_key(int fd) {
  uint8_t keys[KEY_MAX / 8 + 1]{};
  if (::ioctl(fd, EVIOCGBIT(EV_KEY, sizeof(keys)), keys) < 0) return false;
  return (keys[KEY_POWER / 8] >> (KEY_POWER % 8) & 1) != 0;
}

}  // namespace

Result<void> power_off() {
  ::sync();
  (void)::reboot(RB_POWER_OFF);
  return last_error("reboot");
}

Result<void> restart() {
  ::sync();
  (void)::reboot(RB_AUTOBOOT);
  return last_error("reboot");
}

Result<void> catch_ctrl_alt_del() {
  if (::reboot(RB_DISABLE_CAD) != 0) return last_error("reboot");
  return {};
}

Result<void> PowerButton::start(EventLoop& loop, std::function<void()> callback) {
  callback_ = std::move(callback);
  for (unsigned number = 0; number < kMaxInputDevices && count_ < buttons_.size(); ++number) {
    char path[32];
    TextWriter text(path);
    text.put("/dev/input/event").number(number).put('\0');
    auto fd = open_file(path, O_RDONLY | O_NONBLOCK);
    if (!fd || !has_power_key(fd->get())) continue;
    Button& button = buttons_[count_++];
    button.fd = std::move(*fd);
    CK_TRY(button.watch.start(loop, button.fd.get(), {.readable = true}, [this, &button](Events) { read(button); }));
  }
  return {};
}

void PowerButton::read(Button& button) {
  for (;;) {
    input_event event{};
    auto count = read_some(button.fd.get(), MutableBytes(reinterpret_cast<uint8_t*>(&event), sizeof(event)));
    if (!count || *count != sizeof(event)) {
      // A device that is gone would be reported for ever.
      if (!count && !would_block(count.error())) button.watch.stop();
      return;
    }
    if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1) callback_();
  }
}

}  // namespace ck::sys
