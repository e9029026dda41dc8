// SPDX-License-Identifier: MIT
#include "app/config/vmware.h"

#include "engine/config/encoded.h"
#include "sys/vmware_backdoor.h"

namespace ck::config {

namespace {

constexpr std::string_view kName = "guestinfo";
constexpr std::string_view kKey = "guestinfo.corekms.config";
constexpr std::string_view kEncodingKey = "guestinfo.corekms.config.encoding";

using Exchange = std::function<void(vmware::Registers&)>;

Result<std::optional<std::string>> ask(std::string_view key, const Exchange& exchange) {
  vmware::GuestCall call("info-get " + std::string(key), kMostEncoded);
  while (auto registers = call.next()) {
    exchange(*registers);
    call.answer(*registers);
  }
  return vmware::read_info_reply(CK_TRY(call.take_result()));
}

Candidate broken(const Error& error) { return found(kName, {.text = {}, .trouble = error.what}); }

void exchange_with_host(vmware::Registers& registers) {
  uint32_t raw[] = {registers.eax, registers.ebx, registers.ecx, registers.edx, registers.esi, registers.edi};
  sys::exchange_by_backdoor(raw);
  registers = {.eax = raw[0], .ebx = raw[1], .ecx = raw[2], .edx = raw[3], .esi = raw[4], .edi = raw[5]};
}

}  // namespace

std::optional<Candidate> from_guestinfo() {
  if (!sys::is_vmware_guest()) return std::nullopt;
  if (!sys::backdoor_answers()) return absent(kName);
  return from_guestinfo(exchange_with_host);
}

Candidate from_guestinfo(const Exchange& exchange) {
  auto value = ask(kKey, exchange);
  // A host that opens no channel has GuestRPC switched off: nothing can have been put there for us.
  if (!value && value.error().code == Code::Denied) return absent(kName);
  if (!value) return broken(value.error());
  if (!*value) return absent(kName);
  auto encoding = ask(kEncodingKey, exchange);
  if (!encoding) return broken(encoding.error());
  return found(kName, decode(**value, encoding->value_or("")));
}

}  // namespace ck::config
