// SPDX-License-Identifier: MIT
#include "engine/config/user_data.h"

#include <utility>

#include "base/text.h"

namespace ck::config {

namespace {

constexpr std::string_view kUserData = "#corekms";

std::string foreign(const UserData& one) {
  std::string note(one.volume);
  note.append(": ").append(one.file).append(" is not for this system: its first line does not begin with ");
  return note.append(kUserData);
}

}  // namespace

Candidate choose_user_data(std::string_view name, std::span<const UserData> all) {
  Candidate chosen = absent(name);
  std::vector<std::string> notes;
  for (const UserData& one : all) {
    const Content& content = *one.content;
    bool unread = content.text.empty() && !content.trouble.empty();
    if (unread || content.text.starts_with(kUserData)) {
      if (!chosen.is_found) chosen = found(one.volume, content);
    } else if (!trim(content.text).empty()) {
      notes.push_back(foreign(one));
    }
  }
  chosen.notes = std::move(notes);
  return chosen;
}

}  // namespace ck::config
