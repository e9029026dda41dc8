// SPDX-License-Identifier: MIT
// The measurement of one text: the TPM hashes it by every bank that it keeps, in pieces, and extends the PCR by the
// hashes, which come back. It ends after a bounded number of commands whatever the TPM answers; when that goes wrong
// the PCR is as it was, and what the TPM keeps for it is given up. It owns no device: who carries the commands is the
// caller's business, so that a test may play the TPM.
#pragma once

#include <optional>
#include <string_view>

#include "wire/tpm2/message.h"

namespace ck::tpm {

// "kernel-config" of the UAPI Group's registry of PCRs: where systemd-stub measures what configures a system from
// outside of its signed image, credentials and command lines given to it. 0 to 7 are the firmware's, 8 and 9 the boot
// loader's and the kernel's (the kernel's EFI stub measures its load options into 9), 16 and 23 can be reset.
inline constexpr unsigned kPcr = 12;

class Measurement {
 public:
  // `text` is to outlive it.
  explicit Measurement(std::string_view text) : rest_(as_bytes(text)) {}

  // What to send next, to be sent once; nothing once it is over.
  std::optional<Bytes> next();
  void receive(Bytes reply);
  // The device has failed.
  void give_up(const Error& error) { end(std::unexpected(error)); }

  // When it is over: what each bank was extended by. Errors: those of wire/tpm2, those given to give_up.
  const Result<tpm2::Digests>& result() const { return result_; }
  // With Denied: the reason, TPM_RC of the Library's part 2.
  uint32_t refusal() const { return refusal_; }

 private:
  enum class Step : uint8_t { Start, Update, Complete, Flush, Over };

  void end(Result<tpm2::Digests> result);

  Bytes rest_;
  Step step_ = Step::Start;
  tpm2::Handle sequence_ = 0;
  uint32_t refusal_ = 0;
  tpm2::CommandBuffer command_;
  Result<tpm2::Digests> result_ = fail(Code::Closed, "the measurement is not over");
};

}  // namespace ck::tpm
