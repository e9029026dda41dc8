// SPDX-License-Identifier: MIT
#include "engine/console/spec_text.h"

namespace ck::console {

namespace {

constexpr state::Word<PowerKeys> kPowerKeys[] = {{"off", PowerKeys::Disabled}, {"on", PowerKeys::Allowed}};

class Reader : state::SpecReader {
 public:
  std::expected<Spec, state::SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) {
      if (record.kind() == "system")
        each_field(record, line, [this](const state::Field& field) { return set_system(field); });
    });
    if (!errors().empty()) return std::unexpected(errors());
    return spec_;
  }

 private:
  state::Complaint set_system(const state::Field& field) {
    if (field.key == "power-keys") return read_word(field, kPowerKeys, "neither on nor off", spec_.power_keys);
    return std::nullopt;
  }

  Spec spec_;
};

}  // namespace

std::expected<Spec, state::SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::console
