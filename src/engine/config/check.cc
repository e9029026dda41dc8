// SPDX-License-Identifier: MIT
#include "engine/config/check.h"

#include <algorithm>

#include "engine/access/networks.h"
#include "engine/config/cross_check.h"
#include "engine/config/values.h"
#include "engine/console/spec_text.h"
#include "engine/gateway/spec_text.h"
#include "engine/logring/spec_text.h"
#include "engine/netconf/spec_text.h"
#include "engine/time/spec_text.h"
#include "engine/web/spec_text.h"
#include "wire/state/record.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;

constexpr std::string_view kMustBeGiven = "must be given";
constexpr std::string_view kOnlyPool = "kms";
constexpr size_t kMostWrong = 2;  // letters of a key that is still taken for another

// What a table is called in the records of its parts.
std::string identity_of(const Node& table) {
  for (std::string_view key : {"name", "mac"})
    if (const Node* value = table.find(key); value != nullptr && value->kind == Kind::String) {
      auto mac = key == "mac" ? parse_mac(value->text) : std::nullopt;
      return mac ? std::string(to_text(*mac).view()) : value->text;
    }
  return {};
}

// Letters to change, add or drop until one is the other (Levenshtein); only whether they are few counts.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t cost = std::min({row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = row[j + 1];
      row[j + 1] = cost;
    }
  }
  return row[b.size()];
}

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path).append(".").append(name);
}

class Checker {
 public:
  explicit Checker(Node document) : document_(std::move(document)) {}

  Checked run() {
    introduce_only_pool();
    walk(document_, "", "", "");
    cross_check(document_, [this](const Finding& finding) { add(finding); });
    if (checked_.findings.empty()) ask_the_readers();
    std::stable_sort(checked_.findings.begin(), checked_.findings.end(),
                     [](const Finding& a, const Finding& b) { return a.at < b.at; });
    return std::move(checked_);
  }

 private:
  void add(const Finding& finding) {
    if (checked_.findings.size() < kMaxFindings)
      checked_.findings.push_back(finding);
    else
      ++checked_.left_out;
  }
  void complain(const Node& node, std::string_view path, std::string text) {
    add({.at = node.at, .path = std::string(path), .text = std::move(text)});
  }

  // The keys of a pool that stand in [gateway] itself become its only pool's.
  void introduce_only_pool() {
    Node* gateway = document_.find("gateway");
    if (gateway == nullptr || gateway->kind != Kind::Table) return;
    auto is_pools = [](const Node& child) {
      return find_key("gateway", child.key) == nullptr && find_section(join("gateway", child.key)) == nullptr &&
             (find_key("gateway.pool", child.key) != nullptr ||
              find_section(join("gateway.pool", child.key)) != nullptr);
    };
    Node pool;
    for (const Node& child : gateway->children)
      if (is_pools(child)) pool.children.push_back(child);
    if (pool.children.empty()) return;
    if (gateway->find("pool") != nullptr) {
      for (const Node& child : pool.children)
        complain(child, join("gateway", child.key), "there are pools: put it into the one that it is meant for");
    }
    std::erase_if(gateway->children, is_pools);
    if (gateway->find("pool") != nullptr) return;
    pool.at = pool.children.front().at;
    // Without a place: nobody has set it.
    if (pool.find("name") == nullptr) {
      Node name;
      name.kind = Kind::String;
      name.key = "name";
      name.text = kOnlyPool;
      pool.children.insert(pool.children.begin(), name);
    }
    Node pools;
    pools.kind = Kind::Array;
    pools.key = "pool";
    pools.at = pool.at;
    pools.children.push_back(std::move(pool));
    gateway->children.push_back(std::move(pools));
  }

  // `section` is the table's path in the schema, `path` its path for people.
  void walk(const Node& table, const std::string& section, const std::string& path, const std::string& parent) {
    const Section* row = find_section(section);
    std::vector<Field> fields;
    for (const Node& child : table.children) {
      const Key* key = find_key(section, child.key);
      if (key == nullptr && find_section(join(section, child.key)) == nullptr) {
        unknown(child, section, path);
      } else if (key != nullptr && key->record.empty()) {
        auto added = values(*key, child, join(path, child.key));
        fields.insert(fields.end(), added.begin(), added.end());
      }
    }
    if (row != nullptr) require(table, *row, path);
    if (row != nullptr && !row->record.empty() && (row->most > 0 || !fields.empty()))
      emit(*row, row->record, parent, fields);
    std::string identity = identity_of(table);
    for (const Node& child : table.children) {
      const Key* key = find_key(section, child.key);
      const Section* part = find_section(join(section, child.key));
      if (key != nullptr && !key->record.empty() && row != nullptr)
        each_value(*key, *row, child, join(path, child.key), identity);
      else if (part != nullptr && part->most == 0)
        walk_one(child, *part, join(path, child.key), identity);
      else if (part != nullptr)
        walk_each(child, *part, join(path, child.key), identity);
    }
  }

  void walk_one(const Node& child, const Section& part, const std::string& path, const std::string& identity) {
    if (child.kind == Kind::Table) return walk(child, std::string(part.path), path, identity);
    complain(child, path, "expected a table, [" + path + "], not " + std::string(name_of(child.kind)));
  }

  void walk_each(const Node& child, const Section& part, const std::string& path, const std::string& identity) {
    bool tables = child.kind == Kind::Array;
    for (const Node& element : child.children) tables = tables && element.kind == Kind::Table;
    if (!tables) return complain(child, path, "expected an array of tables, [[" + std::string(part.path) + "]]");
    if (child.children.size() > part.most)
      return complain(child, path, "at most " + std::to_string(part.most) + " of them");
    for (size_t i = 0; i < child.children.size(); ++i)
      walk(child.children[i], std::string(part.path), path + "[" + std::to_string(i) + "]", identity);
  }

  void each_value(const Key& key, const Section& row, const Node& child, const std::string& path,
                  const std::string& identity) {
    bool array = child.kind == Kind::Array;
    size_t count = array ? child.children.size() : 1;
    if (array && key.list == 0) array = false, count = 1;  // one value is expected, and none has been read
    if (count > std::max<size_t>(key.list, 1))
      return complain(child, path, "at most " + std::to_string(key.list) + " of them");
    for (size_t i = 0; i < count; ++i) {
      const Node& value = array ? child.children[i] : child;
      auto fields = values(key, value, array ? path + "[" + std::to_string(i) + "]" : path);
      if (!fields.empty()) emit_of(key.record, row, identity, fields);
    }
  }

  std::vector<Field> values(const Key& key, const Node& value, const std::string& path) {
    auto fields = to_fields(key, value);
    if (!fields) {
      complain(value, path, fields.error());
      return {};
    }
    if (value.at.line > 0)
      checked_.settings.push_back({.path = path, .value = shown(key, value), .source = value.at.source});
    // The administrator has consented, or cross_check() complains.
    if (key.type == Type::Network && key.record == "source" && is_public(*fields)) fields->push_back({"public", "yes"});
    return *fields;
  }

  static bool is_public(const std::vector<Field>& fields) {
    auto network = parse_prefix(fields.front().value);
    return network && access::is_public(*network);
  }

  void require(const Node& table, const Section& row, const std::string& path) {
    for (const Key& key : keys())
      if (key.section == row.path && key.otherwise == kMustBeGiven && table.find(key.name) == nullptr)
        complain(table, path, "`" + std::string(key.name) + "` must be given: " + expected_of(key));
  }

  void unknown(const Node& child, std::string_view section, const std::string& path) {
    std::string_view nearest;
    size_t least = kMostWrong + 1;
    auto consider = [&](std::string_view name) {
      size_t here = distance(child.key.substr(0, 40), name);
      if (here < least) least = here, nearest = name;
    };
    for (const Key& key : keys())
      if (key.section == section) consider(key.name);
    for (const Section& other : sections()) {
      size_t dot = other.path.rfind('.');
      std::string_view parent = dot == std::string_view::npos ? std::string_view() : other.path.substr(0, dot);
      if (parent == section) consider(other.path.substr(dot == std::string_view::npos ? 0 : dot + 1));
    }
    std::string text = section.empty() ? "not a table of this document" : "not a key of [" + std::string(section) + "]";
    if (!nearest.empty()) text += "; `" + std::string(nearest) + "` is";
    complain(child, join(path, child.key), text);
  }

  // The records of a list are named for the table that it stands in: a pool's upstream says `pool=`.
  void emit_of(std::string_view kind, const Section& row, const std::string& identity,
               const std::vector<Field>& fields) {
    write(row.program, kind, row.most > 0 ? row.record : std::string_view(), identity, fields);
  }
  void emit(const Section& row, std::string_view kind, const std::string& parent, const std::vector<Field>& fields) {
    write(row.program, kind, row.parent, parent, fields);
  }
  void write(Program program, std::string_view kind, std::string_view parent_field, std::string_view parent,
             const std::vector<Field>& fields) {
    size_t largest = kind.size() + parent_field.size() + 3 * parent.size() + 8;  // each byte may be written as three
    for (const Field& field : fields) largest += field.key.size() + 3 * field.value.size() + 2;
    std::string buffer(largest, '\0');
    state::RecordWriter out(buffer);
    out.begin(kind);
    if (!parent_field.empty()) out.field(parent_field, parent);
    for (const Field& field : fields) out.field(field.key, field.value);
    out.end();
    checked_.records[static_cast<size_t>(program)] += out.view();
  }

  // What single keys do not show but the programs would refuse.
  void ask_the_readers() {
    if (auto spec = netconf::parse_spec(checked_.of(Program::Netd)); !spec)
      add({.at = {}, .path = "link", .text = explain(checked_.of(Program::Netd), spec.error())});
    ask(Program::System, "system", console::parse_spec(checked_.of(Program::System)));
    ask(Program::Gatewayd, "gateway", gateway::parse_spec(checked_.of(Program::Gatewayd)));
    ask(Program::Logd, "log", logring::parse_spec(checked_.of(Program::Logd)));
    ask(Program::Timed, "time", timekeeping::parse_spec(checked_.of(Program::Timed)));
    ask(Program::Webd, "web", web::parse_spec(checked_.of(Program::Webd)));
  }
  template <typename Spec>
  void ask(Program program, std::string_view section, const Spec& spec) {
    if (spec) return;
    for (const auto& error : spec.error())
      add({.at = {}, .path = std::string(section), .text = explain(checked_.of(program), error)});
  }

  // Long, and a private key is nobody's to see.
  static std::string without_pem(std::string_view line) {
    std::string text;
    Splitter words(line, ' ');
    while (auto word = words.next()) {
      std::string_view key = word->substr(0, word->find('='));
      if (key == "ca" || key == "certificate" || key == "key") continue;
      if (!text.empty()) text += ' ';
      text += *word;
    }
    return text;
  }

  template <typename Error>
  static std::string explain(std::string_view records, const Error& error) {
    std::string text(error.key.view());
    if (!text.empty()) text += ": ";
    text += error.complaint;
    Splitter lines(records, '\n');
    for (unsigned number = 1; auto line = lines.next(); ++number)
      if (number == error.line) text.append(" (").append(without_pem(*line).substr(0, 100)).append(")");
    return text;
  }

  Node document_;
  Checked checked_;
};

}  // namespace

Checked check(toml::Node document) { return Checker(std::move(document)).run(); }

}  // namespace ck::config
