// SPDX-License-Identifier: MIT
#include "engine/tpm/measurement.h"

namespace ck::tpm {

std::optional<Bytes> Measurement::next() {
  switch (step_) {
    case Step::Start: return tpm2::write_event_sequence_start(command_);
    case Step::Update: {
      Bytes piece = rest_.first(tpm2::kMostData);
      rest_ = rest_.subspan(piece.size());
      return tpm2::write_sequence_update(sequence_, piece, command_);
    }
    case Step::Complete: return tpm2::write_event_sequence_complete(kPcr, sequence_, rest_, command_);
    case Step::Flush: return tpm2::write_flush_context(sequence_, command_);
    case Step::Over: return std::nullopt;
  }
  return std::nullopt;
}

void Measurement::receive(Bytes reply) {
  auto failed = [&](const Error& error) {
    if (error.code == Code::Denied) refusal_ = tpm2::response_code(reply);
    end(std::unexpected(error));
  };
  switch (step_) {
    case Step::Start: {
      auto sequence = tpm2::parse_sequence_handle(reply);
      if (!sequence) return failed(sequence.error());
      sequence_ = *sequence;
      break;
    }
    case Step::Update:
      if (auto taken = tpm2::parse_reply(reply); !taken) return failed(taken.error());
      break;
    case Step::Complete: {
      auto digests = tpm2::parse_digests(reply);
      if (!digests) return failed(digests.error());
      return end(std::move(digests));
    }
    case Step::Flush: step_ = Step::Over; return;
    case Step::Over: return;
  }
  // The last piece, which may be empty, goes with the command that completes it.
  step_ = rest_.size() > tpm2::kMostData ? Step::Update : Step::Complete;
}

// A sequence that was begun and not completed takes one of the TPM's few places until the machine is started anew.
void Measurement::end(Result<tpm2::Digests> result) {
  if (step_ == Step::Over) return;
  bool is_left = !result && result.error().code != Code::System && (step_ == Step::Update || step_ == Step::Complete);
  if (step_ != Step::Flush) result_ = std::move(result);
  step_ = is_left ? Step::Flush : Step::Over;
}

}  // namespace ck::tpm
