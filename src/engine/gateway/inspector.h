// SPDX-License-Identifier: MIT
// Judges the PDUs of one connection, whole and in the order in which they come, by the rules of connection-oriented
// DCE/RPC (C706 12.6, MS-RPCE 3.3) and by a Policy. It remembers which contexts were offered and accepted and which
// calls run; it changes, holds and forwards nothing. A verdict is the reason to refuse; in Mode::Monitor the caller
// forwards all the same, and what can still be followed is.
#pragma once

#include <optional>

#include "engine/gateway/policy.h"
#include "engine/gateway/verdict.h"
#include "wire/dcerpc/body.h"

namespace ck::gateway {

inline constexpr uint16_t kMaxBindSize = 1432;  // MustRecvFragSize (C706 12.6.3.5): what each server must take
inline constexpr size_t kMaxCallsAtOnce = 4;
inline constexpr size_t kMaxSeen = 4;

enum class BindOutcome : uint8_t { None, Accepted, Rejected, Nak };
std::string_view name_of(BindOutcome outcome);

// What a connection was about, for its record. No byte of a stub is among it.
struct Seen {
  FixedVector<dcerpc::SyntaxId, kMaxSeen> interfaces;  // the different ones that were offered, as far as there is room
  std::optional<dcerpc::TransferKind> transfer;        // accepted for the first
  std::optional<uint16_t> opnum;                       // of the last request
  BindOutcome outcome = BindOutcome::None;
  uint16_t nak_reason = 0;  // where outcome is Nak
  uint32_t fault = 0;       // the last status of a fault; 0: none
  uint16_t calls = 0;       // requests
  uint16_t answers = 0;     // responses and faults
};

class Inspector {
 public:
  explicit Inspector(const Policy& policy) : policy_(&policy) {}

  // A whole PDU whose header parse_header() has accepted. Nothing: it may pass.
  std::optional<Verdict> from_client(const dcerpc::Header& header, Bytes pdu);
  // As above; the only verdict is UpstreamInvalid, and fault_text() says what was wrong.
  std::optional<Verdict> from_server(const dcerpc::Header& header, Bytes pdu);
  std::string_view fault_text() const { return fault_text_; }

  bool has_bind() const { return has_bind_; }
  bool is_bind_answered() const { return answered_; }
  // Calls and alterations whose answer has not been seen.
  size_t running() const { return calls_.size() + (alter_ ? 1 : 0); }
  // The call id of the one that has run longest.
  std::optional<uint32_t> first_running() const { return calls_.empty() ? std::nullopt : std::optional(calls_[0].id); }
  const Seen& seen() const { return seen_; }
  // The bind goes to another server: whatever the last one said of it is forgotten.
  void forget_answer();

 private:
  enum class ContextState : uint8_t { Offered, Accepted, Rejected };
  struct Context {
    uint16_t id = 0;
    ContextState state = ContextState::Offered;
    bool features = false;  // not a context but a negotiation
    uint8_t transfers = 0;  // kinds that were offered, a bit each
    uint8_t interface = 0;  // index in the policy; kMaxInterfaces when it is none of them
  };
  struct Call {
    uint32_t id = 0;
    uint16_t context = 0;
  };
  struct Offer {
    uint32_t call_id = 0;
    uint8_t first = 0;  // index in contexts_
    uint8_t count = 0;
  };

  std::optional<Verdict> bind(const dcerpc::Header& header, Bytes pdu);
  void note(const dcerpc::SyntaxId& interface);
  std::optional<Verdict> offer(const dcerpc::Header& header, Bytes pdu, Offer& offer);
  std::optional<Verdict> judge(const dcerpc::ContextElement& element, Context& context);
  std::optional<Verdict> alter(const dcerpc::Header& header, Bytes pdu);
  std::optional<Verdict> request(const dcerpc::Header& header, Bytes pdu);
  std::optional<Verdict> judge_call(const dcerpc::Header& header, const dcerpc::Request& request) const;
  std::optional<Verdict> results(const dcerpc::Header& header, Bytes pdu, const Offer& offer);
  std::optional<Verdict> call_answer(const dcerpc::Header& header, Bytes pdu);
  std::optional<Verdict> wrong(std::string_view what) {
    fault_text_ = what;
    return Verdict::UpstreamInvalid;
  }
  const Context* find_context(uint16_t id) const;
  size_t find_call(uint32_t id) const;

  const Policy* policy_;
  FixedVector<Context, 2 * dcerpc::kMaxContexts> contexts_;  // of the bind and of what alters it
  FixedVector<Call, kMaxCallsAtOnce> calls_;
  Offer bind_;
  std::optional<Offer> alter_;
  Seen seen_;
  std::string_view fault_text_;
  bool has_bind_ = false;
  bool answered_ = false;
  bool concurrent_ = false;
};

}  // namespace ck::gateway
