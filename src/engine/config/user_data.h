// SPDX-License-Identifier: MIT
// The user data of the containers that clouds and hypervisors make (NoCloud, ConfigDrive): a document of ours when it
// begins with `#corekms`. What is meant for another system has no effect, and is told of as a note: mostly the first
// line was forgotten, or a template's own `#cloud-config` stands where the document was to be.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/candidate.h"

namespace ck::config {

struct UserData {
  std::string_view volume;  // for people: "volume CIDATA (sr0)"
  std::string_view file;    // "user-data"
  const Content* content = nullptr;
};

// Of those of one kind of container, called `name` where none of them is for us.
Candidate choose_user_data(std::string_view name, std::span<const UserData> all);

}  // namespace ck::config
