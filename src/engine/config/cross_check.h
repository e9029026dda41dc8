// SPDX-License-Identifier: MIT
// What is wrong between keys that are each right by themselves; part of check.h.
#pragma once

#include <functional>

#include "engine/config/check.h"

namespace ck::config {

void cross_check(const toml::Node& document, const std::function<void(const Finding&)>& complain);

}  // namespace ck::config
