// SPDX-License-Identifier: MIT
// A DNS server as a function, for tests of the resolver: it knows a few records and answers a query's bytes with a
// response's. It writes without compression and knows nothing of the parser under test.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/addresses.h"
#include "wire/dns/message.h"

namespace ck::test {

class DnsServer {
 public:
  // What to answer with when a name is asked for that is not here.
  uint8_t code_for_unknown = 3;
  // Answers everything with this code when it is not 0.
  uint8_t code = 0;
  bool follows_aliases = true;
  bool sends_glue = true;
  // A SOA record with this MINIMUM and TTL comes with answers without records.
  std::optional<uint32_t> negative_ttl;
  // Repeats the question in small letters.
  bool lowers_case = false;
  // Sets TC and leaves all records but the first out.
  bool truncates = false;
  unsigned queries = 0;
  std::string name_as_asked;  // the last one

  void clear() { records_.clear(); }
  void add_address(std::string_view name, std::string_view address, uint32_t ttl = 60) {
    auto ip = parse_ip(address);
    std::vector<uint8_t> data;
    if (ip->family == Family::V6) {
      data.assign(ip->v6.octets.begin(), ip->v6.octets.end());
    } else {
      for (unsigned shift : {24u, 16u, 8u, 0u}) data.push_back(static_cast<uint8_t>(ip->v4.value >> shift));
    }
    records_.push_back({std::string(name), ip->family == Family::V6 ? uint16_t{28} : uint16_t{1}, ttl, data, ""});
  }
  void add_alias(std::string_view name, std::string_view target, uint32_t ttl = 60) {
    records_.push_back({std::string(name), 5, ttl, wire_name(target), std::string(target)});
  }
  // "." as the target: no such service.
  void add_srv(std::string_view name, uint16_t priority, uint16_t weight, uint16_t port, std::string_view target,
               uint32_t ttl = 60) {
    std::vector<uint8_t> data;
    for (uint16_t value : {priority, weight, port}) put16(data, value);
    auto encoded = wire_name(target == "." ? "" : target);
    data.insert(data.end(), encoded.begin(), encoded.end());
    records_.push_back({std::string(name), 33, ttl, data, std::string(target)});
  }

  std::vector<uint8_t> answer(Bytes query) {
    ++queries;
    size_t at = 12;
    std::string name;
    while (query[at] != 0) {
      if (!name.empty()) name += '.';
      name.append(reinterpret_cast<const char*>(&query[at + 1]), query[at]);
      at += 1u + query[at];
    }
    auto type = static_cast<uint16_t>(query[at + 1] << 8 | query[at + 2]);
    size_t question_end = at + 5;
    name_as_asked = name;
    for (char& character : name) character = lower(character);

    std::vector<const Record*> answers;
    std::vector<const Record*> additional;
    bool known = collect(name, type, answers);
    if (sends_glue)
      for (const Record* record : answers)
        if (record->type == 33)
          for (const Record& other : records_)
            if (other.name == record->target && (other.type == 1 || other.type == 28)) additional.push_back(&other);
    std::vector<uint8_t> out(query.begin(), query.begin() + 2);
    uint8_t result = code != 0 ? code : known ? uint8_t{0} : code_for_unknown;
    if (result != 0) answers.clear(), additional.clear();
    if (truncates) {
      answers.resize(std::min<size_t>(answers.size(), 1));
      additional.clear();
    }
    put16(out, static_cast<uint16_t>(0x8180 | (truncates ? 0x0200 : 0) | result));
    put16(out, 1);
    put16(out, static_cast<uint16_t>(answers.size()));
    bool soa = negative_ttl && answers.empty();
    put16(out, soa ? 1 : 0);
    put16(out, static_cast<uint16_t>(additional.size()));
    out.insert(out.end(), query.begin() + 12, query.begin() + static_cast<ptrdiff_t>(question_end));
    if (lowers_case)
      for (size_t i = 12; i < out.size() - 4; ++i) out[i] = static_cast<uint8_t>(lower(static_cast<char>(out[i])));
    for (const Record* record : answers) put(out, *record);
    if (soa) put(out, start_of_authority(*negative_ttl));
    for (const Record* record : additional) put(out, *record);
    return out;
  }

 private:
  struct Record {
    std::string name;
    uint16_t type;
    uint32_t ttl;
    std::vector<uint8_t> data;
    std::string target;
  };

  static Record start_of_authority(uint32_t minimum) {
    std::vector<uint8_t> data = wire_name("ns.example.org");
    auto mailbox = wire_name("host!master.example.org");
    data.insert(data.end(), mailbox.begin(), mailbox.end());
    for (uint32_t value : {1u, 7200u, 600u, 86400u, minimum}) {
      put16(data, static_cast<uint16_t>(value >> 16));
      put16(data, static_cast<uint16_t>(value));
    }
    return {"example.org", 6, minimum, data, ""};
  }
  // Lengths of labels are below 64, and so stay as they are.
  static char lower(char character) {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
  }
  bool collect(const std::string& name, uint16_t type, std::vector<const Record*>& answers) const {
    bool known = false;
    for (const Record& record : records_) {
      if (record.name != name) continue;
      known = true;
      if (record.type == type) answers.push_back(&record);
      if (record.type == 5 && type != 5 && answers.size() < 16) {
        answers.push_back(&record);
        if (follows_aliases) (void)collect(record.target, type, answers);
      }
    }
    return known;
  }
  static void put16(std::vector<uint8_t>& out, uint16_t value) {
    out.push_back(static_cast<uint8_t>(value >> 8));
    out.push_back(static_cast<uint8_t>(value));
  }
  static std::vector<uint8_t> wire_name(std::string_view name) {
    std::vector<uint8_t> out;
    while (!name.empty()) {
      std::string_view label = name.substr(0, name.find('.'));
      out.push_back(static_cast<uint8_t>(label.size()));
      out.insert(out.end(), label.begin(), label.end());
      name.remove_prefix(label.size() == name.size() ? name.size() : label.size() + 1);
    }
    out.push_back(0);
    return out;
  }
  static void put(std::vector<uint8_t>& out, const Record& record) {
    auto name = wire_name(record.name);
    out.insert(out.end(), name.begin(), name.end());
    put16(out, record.type);
    put16(out, 1);
    put16(out, static_cast<uint16_t>(record.ttl >> 16));
    put16(out, static_cast<uint16_t>(record.ttl));
    put16(out, static_cast<uint16_t>(record.data.size()));
    out.insert(out.end(), record.data.begin(), record.data.end());
  }

  std::vector<Record> records_;
};

}  // namespace ck::test
