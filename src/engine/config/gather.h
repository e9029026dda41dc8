// SPDX-License-Identifier: MIT
// From the documents that were found to what holds: the first of them wins, whole, and the kernel command line is laid
// over it, and what a cloud says of the network under it. What is wrong with any of it makes the configuration broken:
// then no program is told anything, so that the network comes up by itself and the service stays closed (app/config
// writes it down, app/init acts upon it).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "engine/config/candidate.h"
#include "engine/config/check.h"
#include "wire/tpm2/message.h"

namespace ck::config {

// The files of a cloud's container (cloud.h), which lie under whichever document wins.
struct CloudFiles {
  enum class Form : uint8_t { NoCloud, ConfigDrive };
  Form form = Form::NoCloud;
  std::string volume;  // for people: "volume CIDATA (sr0)"
  std::optional<std::string> network;
  std::optional<std::string> metadata;
  std::string trouble;  // why one of them cannot be read

  std::string_view network_name() const { return form == Form::NoCloud ? "network-config" : "network_data.json"; }
  std::string_view metadata_name() const { return form == Form::NoCloud ? "meta-data" : "meta_data.json"; }
};

enum class Standing : uint8_t { Standard, Good, Broken };  // Standard: nothing was given, the defaults hold
std::string_view name_of(Standing standing);

// What the machine's TPM made of the document (engine/tpm/measurement.h).
struct Measured {
  unsigned pcr = 0;
  tpm2::Digests digests;  // what each bank of that PCR was extended by
  std::string error;      // why it was not; there are then none
};

struct Outcome {
  Standing standing = Standing::Standard;
  std::string winner;  // a candidate's name; empty: none
  size_t bytes = 0;
  Sha256Digest digest{};  // of its text
  Checked checked;
  std::vector<Finding> notes;  // what of a cloud's files is not honoured, and does no harm
  std::string cloud_network;   // what those files are called: "volume CIDATA (sr0) network-config"
  std::string cloud_metadata;
  std::optional<Measured> measured;  // nothing: there is no TPM

  // Where a value or a finding comes from (toml::Position::source).
  std::string_view name_of_source(uint8_t source) const;
};

// The candidates in the order of precedence.
Outcome evaluate(std::span<const Candidate> candidates, std::string_view command_line,
                 const CloudFiles* cloud = nullptr);

// "SMBIOS:3:7: link[0].mtu: expected ...", "kernel command line: ...".
std::string to_line(const Finding& finding, const Outcome& outcome);

// "PCR 12 sha256,sha384" or "PCR 12: why not", for the log.
std::string to_line(const Measured& measured);

// config/state: `config standing= source= sha256= bytes=`, `measurement pcr= bank= digest= error=`, `candidate name=
// state=used|found|absent`, `setting path= value= from=`, `finding text=`, `note text=`, `left-out findings=`. At most
// `most` bytes: settings that do not fit are left out.
std::string write_state(const Outcome& outcome, std::span<const Candidate> candidates, size_t most);

}  // namespace ck::config
