// SPDX-License-Identifier: MIT
#include "engine/config/command_line.h"

#include "base/addresses.h"
#include "base/text.h"

namespace ck::config {

namespace {

constexpr std::string_view kPrefix = "corekms.";

bool is_blank(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

// The next word of the command line, quotes still in it; removes it from `rest`.
std::string_view next_word(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  bool quoted = false;
  size_t length = 0;
  while (length < rest.size() && (quoted || !is_blank(rest[length]))) {
    if (rest[length] == '"') quoted = !quoted;
    ++length;
  }
  std::string_view word = rest.substr(0, length);
  rest.remove_prefix(length);
  return word;
}

// Without the pair of quotes around it; a closing quote that is missing is forgiven, as the kernel does.
std::string_view unquoted(std::string_view text) {
  if (!text.starts_with('"')) return text;
  text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

bool is_letter_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

void add_problem(CommandLine& line, std::string_view what, std::string_view key, std::string_view value) {
  char buffer[Problem::capacity()];
  TextWriter text(buffer);
  text.put(what).put(": ");
  for (std::string_view part : {kPrefix, key.substr(0, 40), std::string_view("="), value.substr(0, 60)})
    for (char character : part) text.put(character >= 0x20 && character <= 0x7e ? character : '?');
  if (value.size() > 60) text.put("...");
  if (line.problems.full()) {
    line.problems.back() = "kernel command line: more problems than can be shown";
    return;
  }
  (void)line.problems.push_back(Problem(text.view()));
}

void read_upstreams(CommandLine& line, std::string_view value) {
  line.upstreams.clear();
  Splitter parts(value, ',');
  while (auto part = parts.next()) {
    auto upstream = parse_upstream(*part);
    if (!upstream)
      add_problem(line, "not HOST[:PORT]", "upstream", *part);
    else if (!line.upstreams.push_back(*upstream))
      add_problem(line, "more than 8 upstreams, left out", "upstream", *part);
  }
}

void read_word(CommandLine& line, std::string_view word) {
  size_t equals = word.find('=');
  std::string_view key = word.substr(0, equals);
  std::string_view value = equals == std::string_view::npos ? std::string_view() : unquoted(word.substr(equals + 1));
  if (!key.starts_with(kPrefix)) return;
  key.remove_prefix(kPrefix.size());
  if (key == "upstream") {
    read_upstreams(line, value);
  } else if (key == "hostname") {
    if (value.size() <= line.hostname.capacity() && is_host_name(value))
      line.hostname = value;
    else
      add_problem(line, "not a host name", key, value);
  } else {
    add_problem(line, "unknown key", key, value);
  }
}

// A name whose last label is a number can only be a mistyped IPv4 address.
bool looks_like_ipv4(std::string_view host) {
  size_t dot = host.find_last_of('.');
  return parse_u64(host.substr(dot == std::string_view::npos ? 0 : dot + 1)).has_value();
}

// Domain names of hosts may hold underscores in the wild; the DNS takes them.
bool is_domain_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  char buffer[253];
  if (text.size() > sizeof(buffer)) return false;
  TextWriter copy(buffer);
  for (char character : text) copy.put(character == '_' ? 'a' : character);
  return is_host_name(copy.view()) && !looks_like_ipv4(text);
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  Splitter labels(text, '.');
  while (auto label = labels.next()) {
    if (label->empty() || label->size() > 63 || label->starts_with('-') || label->ends_with('-')) return false;
    for (char character : *label)
      if (!is_letter_or_digit(character) && character != '-') return false;
  }
  return true;
}

std::optional<Upstream> parse_upstream(std::string_view text) {
  std::string_view host = text;
  std::string_view port_text;
  bool has_port = false;
  bool bracketed = text.starts_with('[');
  if (bracketed) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    std::string_view after = text.substr(close + 1);
    if (!after.empty() && after.front() != ':') return std::nullopt;
    has_port = !after.empty();
    if (has_port) port_text = after.substr(1);
  } else if (text.find(':') != std::string_view::npos && text.find(':') == text.rfind(':')) {
    host = text.substr(0, text.find(':'));
    port_text = text.substr(text.find(':') + 1);
    has_port = true;
  }
  uint16_t port = kKmsPort;
  if (has_port) {
    auto number = parse_u16(port_text);
    if (!number || *number == 0) return std::nullopt;
    port = *number;
  }

  char buffer[Upstream::capacity()];
  TextWriter out(buffer);
  if (auto v6 = parse_ipv6(host))
    out.put('[').put(to_text(*v6)).put(']');
  else if (bracketed)
    return std::nullopt;
  else if (parse_ipv4(host) || is_domain_name(host))
    out.put(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  else
    return std::nullopt;
  out.put(':').number(port);
  return Upstream(out.view());
}

CommandLine parse_command_line(std::string_view text) {
  CommandLine line;
  while (!text.empty()) {
    std::string_view word = next_word(text);
    if (!word.empty()) read_word(line, unquoted(word));
  }
  return line;
}

}  // namespace ck::config
