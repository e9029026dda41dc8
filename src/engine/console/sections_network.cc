// SPDX-License-Identifier: MIT
#include <optional>

#include "base/text.h"
#include "engine/console/sections.h"
#include "engine/console/words.h"
#include "wire/state/record.h"

namespace ck::console {

namespace {

constexpr unsigned kMaxLinks = 64;  // netd manages fewer
constexpr unsigned kIndent = 5;
constexpr unsigned kNoteColumn = 44;  // how an address was obtained

std::optional<state::Record> find_link(std::string_view file, unsigned number) {
  state::RecordReader reader(file);
  while (auto record = reader.next())
    if (record->kind() == "link" && number-- == 0) return record;
  return std::nullopt;
}

std::string_view source_word(std::string_view source) {
  if (source == "dhcp") return "DHCP";
  if (source == "dhcp6") return "DHCPv6";
  if (source == "slaac") return "SLAAC";
  if (source == "ra") return "RA";
  return source;
}

bool has_flag(std::string_view flags, std::string_view wanted) {
  Splitter parts(flags, ',');
  while (auto flag = parts.next())
    if (*flag == wanted) return true;
  return false;
}

// Beside the hardware address: what the link waits for.
void put_link_state(const state::Record& link, Lines& lines) {
  auto flags = link.text<160>("flags");
  if (!has_flag(flags, "UP")) {
    lines.column(kNoteColumn).put("down", Tint::Bad);
  } else if (has_flag(flags, "NO-CARRIER") || !has_flag(flags, "LOWER_UP")) {
    lines.column(kNoteColumn).put("no carrier", Tint::Bad);
  } else if (auto dhcp = link.text<24>("dhcp4"); !dhcp.empty() && dhcp != "bound" && dhcp != "off") {
    lines.column(kNoteColumn).put("DHCP: ", Tint::Waiting).put(dhcp, Tint::Waiting);
  }
}

void put_address(const state::Record& record, const Inputs& inputs, Lines& lines) {
  auto source = record.text<16>("source");
  lines.begin(kIndent).put(record.text<8>("family")).put(" ").put(record.text<64>("address"));
  lines.column(kNoteColumn).put(source_word(source));
  if (auto server = record.text<64>("server"); !server.empty()) lines.put(" ").put(server);
  if (auto renew = record.number("renew-ms")) {
    // Renewal may be under way; its next moment is then not known.
    if (from_ms(*renew) > inputs.now)
      lines.put(", renews in ").put(span_words(from_ms(*renew) - inputs.now));
    else
      lines.put(", renewing", Tint::Waiting);
  } else if (auto valid = record.number("valid-ms")) {
    lines.put(", valid ").put(span_words(from_ms(*valid) - inputs.now));
  }
  auto flags = record.text<80>("flags");
  for (std::string_view flag : {"tentative", "deprecated"})
    if (has_flag(flags, flag)) lines.put(", ").put(flag, Tint::Waiting);
  if (has_flag(flags, "dadfailed")) lines.put(", ").put("duplicate: in use by another machine", Tint::Bad);
  if (auto other = record.text<24>("also-used-by"); !other.empty()) {
    lines.begin(kIndent).put("     also used by ", Tint::Bad).put(other, Tint::Bad);
    if (auto at = record.number("conflict-ms"))
      lines.put(", ", Tint::Bad).put(span_words(inputs.now - from_ms(*at)), Tint::Bad).put(" ago", Tint::Bad);
  }
}

// "gateway 192.0.2.1 DHCP, fe80::1 RA": the values of one kind, each with its source, on as many lines as they need.
void put_values(const Inputs& inputs, std::string_view kind, std::string_view label, std::string_view link,
                Lines& lines) {
  unsigned indent = kIndent + static_cast<unsigned>(label.size()) + 1;
  unsigned count = 0;
  state::RecordReader reader(inputs.netd_state);
  while (auto record = reader.next()) {
    if (record->kind() != kind || record->raw("link") != link) continue;
    if (count++ == 0)
      lines.put(label).put(" ");
    else
      lines.put(", ");
    FixedString<300> item(record->text<256>(kind == "domain" ? "name" : "address"));
    item.append(" ");
    item.append(source_word(record->text<16>("source")));
    lines.wrap(item, indent);
  }
}

bool has_values(const Inputs& inputs, std::string_view kind, std::string_view link) {
  state::RecordReader reader(inputs.netd_state);
  while (auto record = reader.next())
    if (record->kind() == kind && record->raw("link") == link) return true;
  return false;
}

// Width of what put_values() would write, had it one line.
unsigned width_of_values(const Inputs& inputs, std::string_view kind, std::string_view label, std::string_view link) {
  auto width = static_cast<unsigned>(label.size());
  state::RecordReader reader(inputs.netd_state);
  while (auto record = reader.next())
    if (record->kind() == kind && record->raw("link") == link)
      width += 3 + static_cast<unsigned>(record->text<64>("address").size() +
                                         source_word(record->text<16>("source")).size());
  return width;
}

}  // namespace

unsigned count_links(const Inputs& inputs) {
  unsigned count = 0;
  state::RecordReader reader(inputs.netd_state);
  while (auto record = reader.next())
    if (record->kind() == "link" && count < kMaxLinks) ++count;
  return count;
}

void put_link(const Inputs& inputs, unsigned number, Lines& lines) {
  auto link = find_link(inputs.netd_state, number);
  if (!link) return;
  std::string_view index = link->raw("index").value_or("");
  lines.begin().put(link->text<16>("index")).put(": ").put(link->text<24>("name"), Tint::Title).put(": <");
  lines.put(link->text<160>("flags")).put("> mtu ").put(link->text<16>("mtu"));
  if (auto driver = link->text<32>("driver"); !driver.empty()) lines.put("  ").put(driver);
  lines.begin(kIndent).put("link/ether ").put(link->text<24>("mac"));
  put_link_state(*link, lines);

  state::RecordReader reader(inputs.netd_state);
  while (auto record = reader.next())
    if (record->kind() == "address" && record->raw("link") == index) put_address(*record, inputs, lines);

  bool gateway = has_values(inputs, "gateway", index);
  bool dns = has_values(inputs, "dns", index);
  if (gateway || dns) lines.begin(kIndent);
  if (gateway) put_values(inputs, "gateway", "gateway", index, lines);
  if (!dns) return;
  if (gateway) {
    if (lines.position() < kNoteColumn - 2 && kNoteColumn + width_of_values(inputs, "dns", "DNS", index) < 79)
      lines.column(kNoteColumn);
    else
      lines.begin(kIndent);
  }
  put_values(inputs, "dns", "DNS", index, lines);
}

void put_no_link(const Inputs& inputs, Lines& lines) {
  lines.begin();
  if (inputs.netd_state.empty())
    lines.put("looking for network cards ...", Tint::Waiting);
  else
    lines.put("no network card found: one that is plugged in is taken up at once", Tint::Bad);
}

void put_domains(const Inputs& inputs, Lines& lines) {
  for (unsigned number = 0; number < kMaxLinks; ++number) {
    auto link = find_link(inputs.netd_state, number);
    if (!link) return;
    std::string_view index = link->raw("index").value_or("");
    if (!has_values(inputs, "domain", index)) continue;
    lines.begin().put(link->text<24>("name")).put(": ");
    put_values(inputs, "domain", "domain", index, lines);
  }
}

}  // namespace ck::console
