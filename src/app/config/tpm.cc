// SPDX-License-Identifier: MIT
#include "app/config/tpm.h"

#include <array>
#include <cerrno>
#include <memory>

#include "base/text.h"
#include "engine/tpm/measurement.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/file.h"
#include "wire/tpm2/event_log.h"

namespace ck::config {

namespace {

// Of devtmpfs, owned by root and closed to others. Not /dev/tpmrm0: nobody else speaks to it.
constexpr const char* kDevice = "/dev/tpm0";
constexpr std::string_view kWhat = "corekms.toml";
constexpr size_t kMostEvent = 1024;  // of eight banks, and their header
// For all of it, within the patience of who waits for us (app/init/configuration.cc); the kernel bounds each command.
constexpr Duration kMostTime = 2s;

Result<Bytes> transact(int device, Bytes command, tpm2::ReplyBuffer& reply) {
  CK_TRY(sys::write_all(device, command));
  return Bytes(reply).first(CK_TRY(sys::read_some(device, reply)));
}

std::string words_of(const Error& error, uint32_t refusal) {
  std::string words = error.what;
  if (error.sys_errno != 0) words += std::string(": ") + sys::errno_text(error.sys_errno);
  if (refusal == 0) return words;
  char buffer[16];
  return words + " (0x" + std::string(TextWriter(buffer).hex(refusal, refusal > 0xfff ? 8 : 3).view()) + ")";
}

}  // namespace

std::optional<Measured> measure(std::string_view text) {
  auto device = sys::open_file(kDevice, O_RDWR);
  if (device) return measure(text, device->get());
  if (device.error().sys_errno == ENOENT) return std::nullopt;
  return Measured{.pcr = tpm::kPcr, .digests = {}, .error = words_of(device.error(), 0)};
}

Measured measure(std::string_view text, int device) {
  TimePoint end = sys::now() + kMostTime;
  tpm::Measurement measurement(text);
  tpm2::ReplyBuffer buffer;
  while (auto command = measurement.next()) {
    auto reply = transact(device, *command, buffer);
    if (reply)
      measurement.receive(*reply);
    else
      measurement.give_up(reply.error());
    if (sys::now() >= end) measurement.give_up({.code = Code::Busy, .what = "TPM: it is too slow"});
  }
  const auto& result = measurement.result();
  if (result) return {.pcr = tpm::kPcr, .digests = *result, .error = {}};
  return {.pcr = tpm::kPcr, .digests = {}, .error = words_of(result.error(), measurement.refusal())};
}

std::string write_event_log(const Measured& measured, const char* firmware) {
  auto buffer = std::make_unique<char[]>(tpm2::kMostEventLog);
  auto log = sys::read_file(firmware, {buffer.get(), tpm2::kMostEventLog});
  std::array<uint8_t, kMostEvent> event, header;
  ByteWriter last(event, ByteOrder::Little), first(header, ByteOrder::Little);
  tpm2::write_log_event(measured.pcr, measured.digests, kWhat, last);
  tpm2::write_log_header(measured.digests, first);
  bool goes_on = log && tpm2::is_event_log(as_bytes(*log)) && log->size() + last.size() <= tpm2::kMostEventLog;
  std::string whole(goes_on ? *log : as_text(first.written()));
  return whole += as_text(last.written());
}

}  // namespace ck::config
