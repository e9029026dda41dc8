// SPDX-License-Identifier: MIT
#include "app/config/vmware.h"

#include "engine/config/encoded.h"
#include "sys/vmware_backdoor.h"
#include "wire/ovf/environment.h"

namespace ck::config {

namespace {

constexpr std::string_view kName = "guestinfo";
constexpr std::string_view kKey = "guestinfo.corekms.config";
constexpr std::string_view kEncodingKey = "guestinfo.corekms.config.encoding";
constexpr std::string_view kEnvironmentKey = "guestinfo.ovfEnv";
// A document in it, and what else the platform says; a plain one grows by its references.
constexpr size_t kMostEnvironment = kMostEncoded + size_t{64} * 1024;

using Exchange = std::function<void(vmware::Registers&)>;

Result<std::optional<std::string>> ask(std::string_view key, size_t most, const Exchange& exchange) {
  vmware::GuestCall call("info-get " + std::string(key), most);
  while (auto registers = call.next()) {
    exchange(*registers);
    call.answer(*registers);
  }
  return vmware::read_info_reply(CK_TRY(call.take_result()));
}

Candidate broken(const Error& error) { return found(kName, {.text = {}, .trouble = error.what}); }

// With `transport="com.vmware.guestInfo"` of our appliance a property is no value of its own name, but part of this
// one.
Candidate from_ovf_environment(const Exchange& exchange) {
  auto environment = ask(kEnvironmentKey, kMostEnvironment, exchange);
  if (!environment) return broken(environment.error());
  if (!*environment) return absent(kName);
  auto value = ovf::find_property(**environment, kKey);
  if (!value) return broken(value.error());
  if (value->value_or("").empty()) return absent(kName);
  auto encoding = ovf::find_property(**environment, kEncodingKey);
  if (!encoding) return broken(encoding.error());
  return found(kName, decode(**value, encoding->value_or("")));
}

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
  auto value = ask(kKey, kMostEncoded, exchange);
  // A host that opens no channel has GuestRPC switched off: nothing can have been put there for us.
  if (!value && value.error().code == Code::Denied) return absent(kName);
  if (!value) return broken(value.error());
  if (!*value) return from_ovf_environment(exchange);
  auto encoding = ask(kEncodingKey, kMostEncoded, exchange);
  if (!encoding) return broken(encoding.error());
  return found(kName, decode(**value, encoding->value_or("")));
}

}  // namespace ck::config
