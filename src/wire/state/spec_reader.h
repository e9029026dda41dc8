// SPDX-License-Identifier: MIT
// What the readers of records in which a program is handed its configuration have in common: every line is looked at,
// `#` begins a comment, everything is checked, and every error is told with its line and key, up to kMaxSpecErrors.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "base/fixed.h"
#include "base/text.h"
#include "wire/state/record.h"

namespace ck::state {

inline constexpr size_t kMaxSpecErrors = 8;

struct SpecError {
  unsigned line = 0;           // from 1; 0: the whole
  FixedString<32> key;         // empty: the record as a whole
  std::string_view complaint;  // static storage
};
using SpecErrors = FixedVector<SpecError, kMaxSpecErrors>;

using Complaint = std::optional<std::string_view>;  // nothing: all is well
inline constexpr std::string_view kUnknownKey = "not a key of this record";
inline constexpr std::string_view kOneTooMany = "one too many";

struct Field {
  std::string_view key;
  FixedString<264> text;  // a name, brackets and a port fit
};

// Words of a choice, and what each stands for.
template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};
template <typename Value, size_t N>
Complaint read_word(const Field& field, const Word<Value> (&words)[N], std::string_view complaint, Value& target) {
  for (const auto& [word, value] : words) {
    if (field.text != word) continue;
    target = value;
    return std::nullopt;
  }
  return complaint;
}

class SpecReader {
 protected:
  // Calls read(record, line) for each record.
  template <typename Read>
  void each_record(std::string_view text, Read read) {
    Splitter lines(text, '\n');
    for (line_ = 1; auto line = lines.next(); ++line_) {
      std::string_view trimmed = trim(*line);
      if (!trimmed.empty() && !trimmed.starts_with('#')) read(Record(trimmed), trimmed);
    }
    line_ = 0;
  }

  // Calls set(field) for each field, which returns a Complaint.
  template <typename Set>
  void each_field(const Record& record, std::string_view line, Set set) {
    Splitter words(line, ' ');
    (void)words.next();  // the kind
    while (auto word = words.next()) {
      size_t equals = word->find('=');
      std::string_view key = word->substr(0, equals);
      if (key.empty()) continue;
      bool whole = equals != std::string_view::npos;
      complain(key, whole ? set(Field{key, record.text<264>(key)}) : Complaint("not KEY=VALUE"));
    }
  }

  // For records whose fields are read by name: anything else is unknown.
  void only(const Record& record, std::string_view line, std::initializer_list<std::string_view> keys) {
    each_field(record, line, [&](const Field& field) {
      return std::find(keys.begin(), keys.end(), field.key) == keys.end() ? Complaint(kUnknownKey) : std::nullopt;
    });
  }

  void complain(std::string_view key, Complaint complaint) {
    if (complaint) (void)errors_.push_back({.line = line_, .key = FixedString<32>(key), .complaint = *complaint});
  }
  const SpecErrors& errors() const { return errors_; }

 private:
  SpecErrors errors_;
  unsigned line_ = 0;
};

}  // namespace ck::state
