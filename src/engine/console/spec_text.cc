// SPDX-License-Identifier: MIT
#include "engine/console/spec_text.h"

#include <algorithm>

namespace ck::console {

namespace {

constexpr state::Word<PowerKeys> kPowerKeys[] = {{"off", PowerKeys::Disabled}, {"on", PowerKeys::Allowed}};

constexpr std::string_view kNone = "none";

class Reader : state::SpecReader {
 public:
  std::expected<Spec, state::SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) {
      if (record.kind() == "system")
        each_field(record, line, [this](const state::Field& field) { return set_system(field); });
      else if (record.kind() == "console")
        read_console(record.text<32>("name"));
      else if (record.kind() == "dumb-console")
        add(record.text<32>("name"), spec_.dumb);
    });
    if (!errors().empty()) return std::unexpected(errors());
    return spec_;
  }

 private:
  state::Complaint set_system(const state::Field& field) {
    if (field.key == "power-keys") return read_word(field, kPowerKeys, "neither on nor off", spec_.power_keys);
    if (field.key == "timezone") {
      auto zone = timezone::parse_zone(field.text);
      if (!zone) return "not a time zone";
      spec_.zone = *zone;
    }
    return std::nullopt;
  }

  void read_console(std::string_view name) {
    bool none = name == kNone;
    if (!spec_.every_console && (none || spec_.consoles.empty())) return complain("name", "none, and others");
    spec_.every_console = false;
    if (!none) add(name, spec_.consoles);
  }

  void add(std::string_view name, TerminalNames& names) {
    if (name == kNone) return;
    if (name.empty() || name.size() > TerminalName::capacity()) return complain("name", "not a terminal's name");
    if (!names.push_back(name)) complain("name", state::kOneTooMany);
  }

  Spec spec_;
};

}  // namespace

bool Spec::is_dumb(std::string_view name) const {
  return std::ranges::any_of(dumb, [name](const TerminalName& each) { return each == name; });
}

std::expected<Spec, state::SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::console
