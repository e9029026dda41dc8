// SPDX-License-Identifier: MIT
// What the configuration document may hold: one table of sections and one of keys. The same rows check a document
// (check.h), turn it into the records that the programs read, and print the reference and the example (reference.h), so
// that these cannot part.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ck::config {

// Who reads what a section says, from a file of records of its own.
enum class Program : uint8_t { System, Netd, Gatewayd, Logd, Timed, Webd };
inline constexpr size_t kPrograms = 6;
std::string_view name_of(Program program);

enum class Type : uint8_t {
  Flag,      // true or false
  Number,    // an integer from `least` to `most`
  Text,      // at most `most` bytes, printable
  Choice,    // one of `words`
  HostName,  // RFC 1123 2.1
  Domain,    // the name of a domain, underscores allowed
  Link,      // the name of a network interface
  Mac,
  Address,  // IPv4 or IPv6
  Address4,
  Address6,
  Interface,  // ADDRESS/LENGTH of a host on its network
  Network,    // ADDRESS/LENGTH, or an address alone
  Route,      // ADDRESS/LENGTH, or "default"
  Gateway,    // the address of a router
  Endpoint,   // HOST[:PORT] of a KMS host
  Server,     // HOST[:PORT] of any other; becomes the field `address` or `name`
  Listener,   // PORT or ADDRESS:PORT
  Uuid,
  Version,   // MAJOR.MINOR
  Opnums,    // "0,2-4", or an integer
  Variable,  // NAME=VALUE
  Terminal,  // a device for the screen, without "/dev/"
  Timezone,
  Certificates,  // in PEM form, several lines, at most `most` bytes
  PrivateKey,    // the same; never shown
};

// A table of the document, or an array of tables.
struct Section {
  std::string_view path;  // "gateway.pool"
  uint8_t most;           // 0: a table; else an array of at most so many
  Program program;
  std::string_view record;  // the kind of record that it becomes; empty: none of its own
  std::string_view parent;  // the field of its records that names the table that it is part of
  std::string_view about;
};

struct Key {
  std::string_view section;
  std::string_view name;
  Type type;
  uint8_t list;             // 0: one value; else one or an array of at most so many
  int64_t least;            // of a Number
  int64_t most;             // of a Number; bytes of a Text
  std::string_view words;   // of a Choice "a|b|c", of a Flag its two words in records ("off|on" where empty)
  std::string_view record;  // not empty: each value becomes a record of this kind; a list always has one
  std::string_view field;   // that holds it; empty: it becomes none
  std::string_view unit;
  std::string_view otherwise;  // what holds where it is not given, in words or as TOML
  std::string_view example;    // as TOML
  std::string_view about;
};

std::span<const Section> sections();
std::span<const Key> keys();
const Section* find_section(std::string_view path);
const Key* find_key(std::string_view section, std::string_view name);
// The parts of "a|b|c" are these words; the n-th, or nothing.
std::string_view word_of(std::string_view words, size_t n);

}  // namespace ck::config
