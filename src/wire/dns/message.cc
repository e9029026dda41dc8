// SPDX-License-Identifier: MIT
#include "wire/dns/message.h"

#include <algorithm>
#include <expected>

#include "base/text.h"

namespace ck::dns {

namespace {

constexpr uint16_t kClassInternet = 1;
constexpr uint16_t kTypeSoa = 6;
constexpr uint16_t kTypeOpt = 41;
constexpr size_t kHeaderSize = 12;
constexpr size_t kMaxLabel = 63;
constexpr size_t kMaxWireName = 255;

constexpr char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

constexpr bool is_name_character(char character) {
  char c = lower(character);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// The name that starts at the reader's position in `message`; the reader is left behind it. RFC 1035 4.1.4: a pointer
// leads to an earlier place. Each must lead before the one before it, so that the walk ends.
std::expected<Name, Drop> read_name(Bytes message, ByteReader& reader) {
  Name name;
  size_t wire_length = 1;
  size_t least = reader.position();  // where this part of the name began
  ByteReader part = reader;
  bool jumped = false;
  for (;;) {
    auto length = part.u8();
    if (!length) return std::unexpected(Drop::Truncated);
    if ((*length & 0xc0) == 0xc0) {
      auto low = part.u8();
      if (!low) return std::unexpected(Drop::Truncated);
      size_t target = static_cast<size_t>(*length & 0x3f) << 8 | *low;
      if (target >= least) return std::unexpected(Drop::BadName);
      if (!jumped) reader = part;
      jumped = true;
      least = target;
      part = ByteReader(message);
      (void)part.skip(target);
      continue;
    }
    if (*length > kMaxLabel) return std::unexpected(Drop::BadName);
    if (*length == 0) break;
    auto label = part.take(*length);
    if (!label) return std::unexpected(Drop::Truncated);
    wire_length += 1u + *length;
    if (wire_length > kMaxWireName) return std::unexpected(Drop::BadName);
    if (!name.empty()) name.append('.');
    for (char character : as_text(*label)) {
      if (!is_name_character(character)) return std::unexpected(Drop::BadCharacter);
      name.append(lower(character));
    }
  }
  if (!jumped) reader = part;
  return name;
}

// Walks over a name without looking at its characters or following it.
bool skip_name(ByteReader& reader) {
  for (;;) {
    auto length = reader.u8();
    if (!length) return false;
    if (*length == 0) return true;
    if ((*length & 0xc0) == 0xc0) return reader.skip(1);
    if (*length > kMaxLabel || !reader.skip(*length)) return false;
  }
}

// The character at `index` of the question's name, as it is sent.
char spelled(const Question& question, size_t index) {
  char character = question.name.view()[index];
  bool capital = (question.capitals >> (index % 64) & 1) != 0 && character >= 'a' && character <= 'z';
  return capital ? static_cast<char>(character - ('a' - 'A')) : character;
}

// Whether `wire`, a name that equals the question's but for the case, is spelled as it was sent. On the wire a label's
// length stands before it where the text has a dot, so the texts are one apart.
bool is_spelled(Bytes wire, const Question& question) {
  if (question.capitals == 0) return true;
  std::string_view name = question.name;
  if (wire.size() != name.size() + 2) return false;  // compressed: nobody does that to the first name of a message
  for (size_t i = 0; i < name.size(); ++i)
    if (name[i] != '.' && wire[i + 1] != static_cast<uint8_t>(spelled(question, i))) return false;
  return true;
}

bool put_name(ByteWriter& out, std::string_view name) {
  if (name.empty()) return false;
  for (Splitter labels(name, '.'); auto label = labels.next();) {
    if (label->empty() || label->size() > kMaxLabel) return false;
    out.u8(static_cast<uint8_t>(label->size())).text(*label);
  }
  out.u8(0);
  return true;
}

bool is_known(uint16_t type) {
  switch (static_cast<Type>(type)) {
    case Type::A:
    case Type::Cname:
    case Type::Aaaa:
    case Type::Srv: return true;
  }
  return false;
}

// RFC 2181 8: a TTL with its highest bit set is zero.
uint32_t bounded_ttl(uint32_t seconds) { return seconds > INT32_MAX ? 0 : seconds; }

// RFC 2308 4: the MINIMUM of a SOA record's data, its last field.
std::optional<uint32_t> read_soa_minimum(ByteReader reader, size_t end) {
  constexpr size_t kBeforeMinimum = 4 * sizeof(uint32_t);  // serial, refresh, retry, expire
  if (!skip_name(reader) || !skip_name(reader) || !reader.skip(kBeforeMinimum)) return std::nullopt;
  auto minimum = reader.u32();
  if (!minimum || reader.position() != end) return std::nullopt;
  return bounded_ttl(*minimum);
}

// The data of one record, which ends exactly at `end`.
std::optional<Drop> read_data(Bytes message, ByteReader reader, size_t end, Record& record) {
  size_t length = end - reader.position();
  switch (record.type) {
    case Type::A: {
      auto value = reader.u32();
      if (length != 4 || !value) return Drop::BadLength;
      record.address = Ipv4Address{*value};
      return std::nullopt;
    }
    case Type::Aaaa: {
      auto octets = reader.array<16>();
      if (length != 16 || !octets) return Drop::BadLength;
      record.address = Ipv6Address{*octets};
      return std::nullopt;
    }
    case Type::Srv: {
      auto priority = reader.u16();
      auto weight = reader.u16();
      auto port = reader.u16();
      if (length < 7 || !priority || !weight || !port) return Drop::BadLength;
      record.priority = *priority;
      record.weight = *weight;
      record.port = *port;
      break;
    }
    case Type::Cname: break;
  }
  auto target = read_name(message, reader);
  if (!target) return target.error();
  if (reader.position() != end) return Drop::BadLength;
  record.target = *target;
  return std::nullopt;
}

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxName) return std::nullopt;
  Name name;
  for (Splitter labels(text, '.'); auto label = labels.next();) {
    if (label->empty() || label->size() > kMaxLabel) return std::nullopt;
    if (!name.empty()) name.append('.');
    for (char character : *label) {
      if (!is_name_character(character)) return std::nullopt;
      name.append(lower(character));
    }
  }
  return name;
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::A: return "A";
    case Type::Cname: return "CNAME";
    case Type::Aaaa: return "AAAA";
    case Type::Srv: return "SRV";
  }
  return "unknown";
}

std::string_view name_of(ResponseCode code) {
  switch (code) {
    case ResponseCode::Ok: return "no error";
    case ResponseCode::FormatError: return "format error";
    case ResponseCode::ServerFailure: return "server failure";
    case ResponseCode::NoSuchName: return "no such name";
    case ResponseCode::NotImplemented: return "not implemented";
    case ResponseCode::Refused: return "refused";
    case ResponseCode::Other: return "other error";
  }
  return "unknown";
}

std::string_view text_of(Drop reason) {
  switch (reason) {
    case Drop::Truncated: return "cut short";
    case Drop::NotAResponse: return "not a response";
    case Drop::OtherId: return "id of another query";
    case Drop::OtherQuestion: return "answers another question";
    case Drop::OtherCase: return "spells the question in another case";
    case Drop::BadName: return "malformed name";
    case Drop::BadCharacter: return "name with a character that hosts may not have";
    case Drop::BadLength: return "record length does not fit its type";
  }
  return "unknown";
}

Result<Bytes> build_query(const Question& question, Edns edns, MutableBytes buffer) {
  ByteWriter out(buffer);
  constexpr uint16_t kRecursionDesired = 0x0100;
  out.u16(question.id).u16(kRecursionDesired).u16(1).u16(0).u16(0).u16(edns == Edns::Yes ? 1 : 0);
  Name name;
  for (size_t i = 0; i < question.name.size(); ++i) name.append(spelled(question, i));
  if (!put_name(out, name)) return fail(Code::Malformed, "DNS name");
  out.u16(static_cast<uint16_t>(question.type)).u16(kClassInternet);
  // RFC 6891 6.1.2: root name, type, UDP payload size, extended RCODE and flags, no options.
  if (edns == Edns::Yes) out.u8(0).u16(kTypeOpt).u16(kMaxMessage).u32(0).u16(0);
  if (!out.ok()) return fail(Code::OutOfRange, "DNS query buffer");
  return out.written();
}

std::optional<Drop> parse_response(Bytes message, const Question& question, Response& response) {
  response.records.clear();
  response.negative_ttl.reset();
  ByteReader reader(message);
  auto id = reader.u16();
  auto flags = reader.u16();
  auto questions = reader.u16();
  auto answers = reader.u16();
  auto authorities = reader.u16();
  auto additionals = reader.u16();
  if (!additionals) return Drop::Truncated;
  static_assert(kHeaderSize == 6 * sizeof(uint16_t));
  if (*id != question.id) return Drop::OtherId;
  if ((*flags & 0x8000) == 0 || (*flags & 0x7800) != 0) return Drop::NotAResponse;

  uint8_t code = *flags & 0x0f;
  response.code =
      code <= static_cast<uint8_t>(ResponseCode::Refused) ? static_cast<ResponseCode>(code) : ResponseCode::Other;
  response.truncated = (*flags & 0x0200) != 0;

  // Some servers leave the question out when they could not read it.
  if (*questions == 0 && response.code == ResponseCode::FormatError) return std::nullopt;
  if (*questions != 1) return Drop::OtherQuestion;
  auto name = read_name(message, reader);
  if (!name) return name.error();
  Bytes wire_name = message.first(reader.position()).subspan(kHeaderSize);
  auto type = reader.u16();
  auto class_of = reader.u16();
  if (!type || !class_of) return Drop::Truncated;
  if (!(*name == question.name) || *type != static_cast<uint16_t>(question.type) || *class_of != kClassInternet)
    return Drop::OtherQuestion;
  if (!is_spelled(wire_name, question)) return Drop::OtherCase;

  uint32_t first_additional = static_cast<uint32_t>(*answers) + *authorities;
  uint32_t total = first_additional + *additionals;
  for (uint32_t i = 0; i < total; ++i) {
    // RFC 2181 9: a truncated message may end after any record.
    if (response.truncated && reader.empty()) break;
    ByteReader owner_at = reader;
    if (!skip_name(reader)) return Drop::Truncated;
    auto record_type = reader.u16();
    auto record_class = reader.u16();
    auto ttl = reader.u32();
    auto length = reader.u16();
    if (!record_type || !record_class || !ttl || !length) return Drop::Truncated;
    ByteReader data = reader;
    if (!reader.skip(*length)) return Drop::Truncated;
    bool authority = i >= *answers && i < first_additional;
    if (authority && *record_class == kClassInternet && *record_type == kTypeSoa) {
      auto minimum = read_soa_minimum(data, reader.position());
      if (!minimum) return Drop::BadLength;
      response.negative_ttl = std::min(bounded_ttl(*ttl), *minimum);
    }
    if (authority || *record_class != kClassInternet || !is_known(*record_type)) continue;

    Record record;
    auto owner = read_name(message, owner_at);
    if (!owner) return owner.error();
    record.owner = *owner;
    record.type = static_cast<Type>(*record_type);
    record.additional = i >= first_additional;
    record.ttl = bounded_ttl(*ttl);
    if (auto drop = read_data(message, data, reader.position(), record)) return *drop;
    if (!response.records.push_back(record)) break;
  }
  return std::nullopt;
}

}  // namespace ck::dns
