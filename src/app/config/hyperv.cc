// SPDX-License-Identifier: MIT
#include "app/config/hyperv.h"

#include "engine/hyperv/kvp_document.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/file.h"

namespace ck::config {

namespace {

// Of devtmpfs, owned by root and closed to others.
constexpr const char* kDevice = "/dev/vmbus/hv_kvp";
constexpr const char* kBus = "/sys/bus/vmbus";  // is there on Hyper-V alone
// The host announces its devices while the kernel boots, which may be over before the last one.
constexpr Duration kDeviceTime = 300ms;
constexpr Duration kDevicePause = 10ms;

constexpr std::string_view kName = "Hyper-V KVP";

Result<sys::UniqueFd> open_device() {
  TimePoint end = sys::now() + kDeviceTime;
  for (;;) {
    auto device = sys::open_file(kDevice, O_RDWR | O_NONBLOCK);
    if (device || device.error().sys_errno != ENOENT || sys::now() >= end) return device;
    sys::sleep_for(kDevicePause);
  }
}

// False: the time is over.
Result<bool> step(int fd, hyperv::KvpDocument& document, hyperv::MessageBuffer& buffer) {
  TimePoint now = sys::now();
  if (now >= document.deadline() || !CK_TRY(sys::wait_readable(fd, document.deadline() - now))) return false;
  auto size = sys::read_some(fd, buffer);
  if (!size && sys::would_block(size.error())) return true;
  if (!size) return std::unexpected(size.error());
  if (*size == 0) return fail(Code::Closed, "the device ended");
  auto status = document.receive(Bytes(buffer).first(*size), sys::now());
  if (!status) return true;
  hyperv::write_answer(*status, buffer);
  CK_TRY(sys::write_all(fd, buffer));
  return true;
}

}  // namespace

std::optional<Candidate> from_hyperv() {
  if (!sys::open_file(kBus, O_RDONLY | O_DIRECTORY)) return std::nullopt;
  auto device = open_device();
  return device ? from_kvp(device->get()) : absent(kName);
}

Candidate from_kvp(int fd) {
  hyperv::MessageBuffer buffer;
  hyperv::KvpDocument document(sys::now());
  hyperv::write_registration(buffer);
  if (!sys::write_all(fd, buffer)) return absent(kName);
  Result<bool> more = true;
  while (more && *more) more = step(fd, document, buffer);
  if (!more) {
    const Error& error = more.error();
    const char* why = error.code == Code::System ? sys::errno_text(error.sys_errno) : error.what;
    return found(kName, {.text = {}, .trouble = std::string("cannot be read: ") + why});
  }
  auto decoded = document.document();
  return decoded ? found(kName, std::move(*decoded)) : absent(kName);
}

}  // namespace ck::config
