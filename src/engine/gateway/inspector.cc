// SPDX-License-Identifier: MIT
#include "engine/gateway/inspector.h"

namespace ck::gateway {

namespace {

using dcerpc::Header;
using dcerpc::PduType;
using dcerpc::TransferKind;

constexpr uint8_t kWhole = dcerpc::kFirstFragment | dcerpc::kLastFragment;

bool is_whole(const Header& header) { return (header.flags & kWhole) == kWhole; }
uint8_t bit_of(TransferKind kind) { return static_cast<uint8_t>(1u << static_cast<unsigned>(kind)); }

constexpr std::string_view kNotAnswer = "answered the bind with another PDU";
constexpr std::string_view kOtherCall = "answered the bind with another call id";
constexpr std::string_view kBadAck = "its bind_ack cannot be read";
constexpr std::string_view kResultCount = "accepts another number of contexts than were offered";
constexpr std::string_view kNotOffered = "accepts a transfer syntax that was not offered";
constexpr std::string_view kNotNegotiated = "negotiates features where none were offered";
constexpr std::string_view kBadNak = "its bind_nak cannot be read";
constexpr std::string_view kNoAlter = "answers an alteration that was not asked for";
constexpr std::string_view kSecondAck = "answers the bind twice";
constexpr std::string_view kNoCall = "answers a call that does not run";
constexpr std::string_view kFragmented = "an answer in fragments";
constexpr std::string_view kOtherContext = "answers a call on another context";
constexpr std::string_view kBadAnswer = "an answer that cannot be read";

}  // namespace

std::string_view name_of(BindOutcome outcome) {
  switch (outcome) {
    case BindOutcome::None: return "none";
    case BindOutcome::Accepted: return "accepted";
    case BindOutcome::Rejected: return "rejected";
    case BindOutcome::Nak: return "nak";
  }
  return "none";
}

const Inspector::Context* Inspector::find_context(uint16_t id) const {
  for (const Context& context : contexts_)
    if (context.id == id) return &context;
  return nullptr;
}

size_t Inspector::find_call(uint32_t id) const {
  size_t index = 0;
  while (index < calls_.size() && calls_[index].id != id) ++index;
  return index;
}

void Inspector::forget_answer() {
  answered_ = false;
  seen_.outcome = BindOutcome::None;
  seen_.transfer.reset();
  fault_text_ = {};
  for (Context& context : contexts_) context.state = ContextState::Offered;
}

// ---- the client ----------------------------------------------------------------------------------------------------

std::optional<Verdict> Inspector::from_client(const Header& header, Bytes pdu) {
  if (!has_bind_ && header.type != PduType::Bind) return Verdict::NotABind;
  switch (header.type) {
    case PduType::Bind: return has_bind_ ? Verdict::SecondBind : bind(header, pdu);
    case PduType::AlterContext: return alter(header, pdu);
    case PduType::Request: return request(header, pdu);
    case PduType::Cancel:
    case PduType::Orphaned:
      if (find_call(header.call_id) == calls_.size()) return Verdict::CancelWithoutCall;
      return std::nullopt;
    case PduType::Auth3: return Verdict::Authenticated;
    case PduType::Response:
    case PduType::Fault:
    case PduType::BindAck:
    case PduType::BindNak:
    case PduType::AlterContextResponse:
    case PduType::Shutdown: break;
  }
  return Verdict::WrongDirection;
}

std::optional<Verdict> Inspector::bind(const Header& header, Bytes pdu) {
  has_bind_ = true;
  concurrent_ = (header.flags & dcerpc::kConcurrent) != 0;
  bind_.call_id = header.call_id;
  return offer(header, pdu, bind_);
}

std::optional<Verdict> Inspector::alter(const Header& header, Bytes pdu) {
  if (alter_) return Verdict::CallWithinCall;
  Offer asked{.call_id = header.call_id};
  auto verdict = offer(header, pdu, asked);
  alter_ = asked;
  if (policy_->alter == Alter::Denied) return Verdict::AlterDenied;
  return verdict;
}

void Inspector::note(const dcerpc::SyntaxId& interface) {
  for (const dcerpc::SyntaxId& known : seen_.interfaces)
    if (known == interface) return;
  (void)seen_.interfaces.push_back(interface);
}

// The contexts of a bind or an alteration. All of them are looked at, so that what can be followed is; the first thing
// wrong is the verdict.
std::optional<Verdict> Inspector::offer(const Header& header, Bytes pdu, Offer& offer) {
  offer.first = static_cast<uint8_t>(contexts_.size());
  if (!is_whole(header)) return Verdict::BindFragmented;
  if (header.fragment_length > kMaxBindSize) return Verdict::BindTooLong;
  auto body = dcerpc::parse_bind(header, pdu);
  if (!body) return Verdict::BindMalformed;
  for (const dcerpc::ContextElement& element : body->contexts) note(element.abstract);

  std::optional<Verdict> verdict;
  auto blame = [&](std::optional<Verdict> found) {
    if (!verdict) verdict = found;
  };
  // An alteration's group is passed over by servers, so it may say anything but must not be believed either.
  if (header.type == PduType::Bind && body->association_group != 0) blame(Verdict::AssociationGroup);
  bool features = false;
  for (const dcerpc::ContextElement& element : body->contexts) {
    Context context{.id = element.id};
    blame(judge(element, context));
    if (context.features && features) blame(Verdict::FeaturesTwice);
    features = features || context.features;
    if (find_context(element.id) != nullptr) blame(Verdict::DuplicateContext);
    if (!contexts_.push_back(context)) blame(Verdict::BindMalformed);
  }
  offer.count = static_cast<uint8_t>(contexts_.size() - offer.first);
  if (policy_->mode == Mode::Learn) return Verdict::Learning;
  return verdict;
}

std::optional<Verdict> Inspector::judge(const dcerpc::ContextElement& element, Context& context) {
  context.interface = kMaxInterfaces;
  for (size_t i = 0; i < policy_->interfaces.size(); ++i)
    if (policy_->interfaces[i].interface == element.abstract) context.interface = static_cast<uint8_t>(i);
  bool unknown = false;
  for (const dcerpc::SyntaxId& transfer : element.transfers) {
    TransferKind kind = dcerpc::kind_of(transfer);
    unknown = unknown || kind == TransferKind::Unknown;
    context.transfers = static_cast<uint8_t>(context.transfers | bit_of(kind));
  }
  context.features = (context.transfers & bit_of(TransferKind::Features)) != 0;
  if (context.interface == kMaxInterfaces)
    return element.abstract.uuid == dcerpc::kManagement.uuid ? Verdict::ManagementInterface : Verdict::InterfaceDenied;
  // MS-RPCE 2.2.2.14: a negotiation stands alone in its element.
  if (unknown || (context.features && element.transfers.size() != 1)) return Verdict::TransferDenied;
  return std::nullopt;
}

std::optional<Verdict> Inspector::request(const Header& header, Bytes pdu) {
  auto body = dcerpc::parse_request(header, pdu);
  if (!body) return Verdict::TooShort;
  seen_.opnum = body->opnum;
  if (seen_.calls < UINT16_MAX) ++seen_.calls;
  auto verdict = judge_call(header, *body);
  bool last = (header.flags & dcerpc::kLastFragment) != 0;
  bool wants_answer = (header.flags & dcerpc::kMaybe) == 0;
  if (last && wants_answer && find_call(header.call_id) == calls_.size())
    if (!calls_.push_back({.id = header.call_id, .context = body->context}) && !verdict)
      verdict = Verdict::CallWithinCall;
  return verdict;
}

std::optional<Verdict> Inspector::judge_call(const Header& header, const dcerpc::Request& request) const {
  if (!is_whole(header)) return Verdict::CallFragmented;
  if ((header.flags & dcerpc::kMaybe) != 0) return Verdict::CallMaybe;
  if (find_call(header.call_id) < calls_.size()) return Verdict::CallIdInUse;
  if (running() >= (concurrent_ ? policy_->concurrent : 1u)) return Verdict::CallWithinCall;
  if (seen_.calls > policy_->calls) return Verdict::TooManyCalls;
  const Context* context = find_context(request.context);
  if (context == nullptr || context->features) return Verdict::ContextUnknown;
  if (context->state != ContextState::Accepted) return Verdict::ContextRejected;
  if (context->interface == kMaxInterfaces) return Verdict::InterfaceDenied;
  if (!policy_->interfaces[context->interface].allows(request.opnum)) return Verdict::OpnumDenied;
  if (request.alloc_hint > request.stub_size) return Verdict::HintTooLarge;
  return std::nullopt;
}

// ---- the server ----------------------------------------------------------------------------------------------------

std::optional<Verdict> Inspector::from_server(const Header& header, Bytes pdu) {
  if (!answered_) {
    if (header.call_id != bind_.call_id) return wrong(kOtherCall);
    switch (header.type) {
      case PduType::BindAck: {
        auto verdict = results(header, pdu, bind_);
        answered_ = !verdict || policy_->mode == Mode::Monitor;
        return verdict;
      }
      case PduType::BindNak: {
        auto reason = dcerpc::parse_bind_nak(header, pdu);
        if (!reason) return wrong(kBadNak);
        seen_.nak_reason = *reason;
        break;
      }
      case PduType::Fault: {
        auto fault = dcerpc::parse_fault(header, pdu);
        if (!fault) return wrong(kBadAnswer);
        seen_.fault = fault->status;
        break;
      }
      default: return wrong(kNotAnswer);
    }
    seen_.outcome = BindOutcome::Nak;
    answered_ = true;
    return std::nullopt;
  }
  switch (header.type) {
    case PduType::BindAck:
    case PduType::BindNak: return wrong(kSecondAck);
    case PduType::AlterContextResponse: {
      if (!alter_ || header.call_id != alter_->call_id) return wrong(kNoAlter);
      auto verdict = results(header, pdu, *alter_);
      alter_.reset();
      return verdict;
    }
    case PduType::Response:
    case PduType::Fault: return call_answer(header, pdu);
    case PduType::Shutdown: return std::nullopt;
    default: break;
  }
  return wrong(kNotAnswer);
}

std::optional<Verdict> Inspector::results(const Header& header, Bytes pdu, const Offer& offer) {
  if (!is_whole(header)) return wrong(kFragmented);
  auto ack = dcerpc::parse_bind_ack(header, pdu);
  if (!ack) return wrong(kBadAck);
  if (ack->results.size() != offer.count) return wrong(kResultCount);
  bool accepted = false;
  for (uint8_t i = 0; i < offer.count; ++i) {
    Context& context = contexts_[offer.first + i];
    const dcerpc::BindResult& result = ack->results[i];
    context.state = ContextState::Rejected;
    if (result.result == dcerpc::ContextResult::NegotiateAck) {
      if (!context.features) return wrong(kNotNegotiated);
      continue;
    }
    if (result.result != dcerpc::ContextResult::Acceptance) continue;
    TransferKind kind = dcerpc::kind_of(result.transfer);
    if (context.features || (context.transfers & bit_of(kind)) == 0) return wrong(kNotOffered);
    context.state = ContextState::Accepted;
    if (!seen_.transfer) seen_.transfer = kind;
    accepted = true;
  }
  if (header.type == PduType::BindAck) seen_.outcome = accepted ? BindOutcome::Accepted : BindOutcome::Rejected;
  return std::nullopt;
}

std::optional<Verdict> Inspector::call_answer(const Header& header, Bytes pdu) {
  uint16_t context = 0;
  if (header.type == PduType::Fault) {
    auto fault = dcerpc::parse_fault(header, pdu);
    if (!fault) return wrong(kBadAnswer);
    seen_.fault = fault->status;
    if (alter_ && header.call_id == alter_->call_id) {  // a server may refuse an alteration so
      alter_.reset();
      return std::nullopt;
    }
  } else {
    auto response = dcerpc::parse_response(header, pdu);
    if (!response) return wrong(kBadAnswer);
    context = response->context;
  }
  size_t index = find_call(header.call_id);
  if (index == calls_.size()) return wrong(kNoCall);
  // Windows echoes the lower eight bits of a context id; faults may say 0.
  bool same = (context & 0xff) == (calls_[index].context & 0xff);
  if (header.type == PduType::Response && !same) return wrong(kOtherContext);
  bool last = (header.flags & dcerpc::kLastFragment) != 0;
  if (last) {
    calls_.erase(index);
    if (seen_.answers < UINT16_MAX) ++seen_.answers;
  }
  if (header.type == PduType::Response && !is_whole(header)) return wrong(kFragmented);
  return std::nullopt;
}

}  // namespace ck::gateway
