// SPDX-License-Identifier: MIT
// Takes the entries of dead functions out of a kernel's tables, so that the linker can drop the functions.
//
//   prune_tables OBJECT DEAD
//
// OBJECT is vmlinux.o: everything, relocatable (ELF-64, RELA), one section a function. Tables of code addresses (what
// may fault, what warns, what alternatives and retpolines patch) keep every function alive that has an entry, for the
// linker sees a table as one piece. Here an entry is the function's: it goes when nothing but tables reaches the
// function. OBJECT is rewritten in place. DEAD gets the names of the sections that were found dead and are not empty,
// one a line: the final link must drop each of them, which its caller compares, or an entry of living code would be
// missing.
//
// A table whose entries are not of the size expected here is an error, as is a symbol in the middle of one.
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <span>
#include <string_view>

#include "bytes.h"

namespace {

using namespace ck::image;

struct Table {
  std::string_view section;
  size_t entry;  // bytes; the first field of an entry is the address of the code that it is about
};

// arch/x86 of Linux 6.12: struct exception_table_entry, bug_entry (without CONFIG_DEBUG_BUGVERBOSE), alt_instr,
// static_call_site, jump_entry; lists of 32-bit addresses by objtool and LOCK_PREFIX.
constexpr Table kTables[] = {{"__ex_table", 12},        {"__bug_table", 8},   {".altinstructions", 14},
                             {".static_call_sites", 8}, {"__jump_table", 16}, {".smp_locks", 4},
                             {".retpoline_sites", 4},   {".return_sites", 4}, {".call_sites", 4}};

// What the linker script throws away: a reference from there keeps nothing.
constexpr std::string_view kDiscarded[] = {".discard", ".export_symbol", ".modinfo", ".comment", ".note.GNU-stack"};

// Sections of one function or object each, which the link drops when nothing refers to them.
constexpr std::string_view kCollected[] = {".text.", ".data.", ".rodata.", ".bss."};

struct Reference {
  size_t offset;   // in the section that refers
  size_t section;  // that it refers to; 0 for none of this file
  size_t rela;     // offset of the record in the file
};

struct Section {
  Elf64_Shdr header;
  std::string name;
  const Table* table = nullptr;
  size_t rela = 0;                    // the section of its relocations; 0 for none
  std::vector<Reference> references;  // by offset
  bool alive = false;
};

std::string read_name(const Bytes& bytes, const Elf64_Shdr& strings, size_t offset) {
  std::string name;
  for (size_t at = strings.sh_offset + offset; get(bytes, at, 1) != 0; ++at)
    name += static_cast<char>(get(bytes, at, 1));
  return name;
}

bool starts_with_one_of(std::string_view name, std::span<const std::string_view> starts) {
  return std::ranges::any_of(starts, [&](std::string_view start) { return name.starts_with(start); });
}

class Object {
 public:
  explicit Object(Bytes& bytes) : bytes_(bytes), header_(get_struct<Elf64_Ehdr>(bytes, 0)) {
    if (std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0 || header_.e_ident[EI_CLASS] != ELFCLASS64 ||
        header_.e_type != ET_REL || header_.e_machine != EM_X86_64)
      die("not a relocatable object of x86-64");
    if (header_.e_shnum == 0 || header_.e_shstrndx >= header_.e_shnum) die("more sections than this program reads");
    for (size_t i = 0; i < header_.e_shnum; ++i)
      sections_.push_back({.header = get_struct<Elf64_Shdr>(bytes_, header_at(i)), .name = {}, .references = {}});
    for (Section& section : sections_) {
      section.name = read_name(bytes_, sections_[header_.e_shstrndx].header, section.header.sh_name);
      const Table* table = std::ranges::find(kTables, section.name, &Table::section);
      if (table != std::end(kTables)) section.table = table;
    }
    read_symbols();
    read_references();
  }

  void prune() {
    for (size_t i = 1; i < sections_.size(); ++i) {
      const Section& section = sections_[i];
      if (section.table != nullptr)
        divide(i);
      else if (!starts_with_one_of(section.name, kDiscarded) && !is_collected(section))
        reach(i);
    }
    while (!unread_.empty()) {
      const size_t next = unread_.back();
      unread_.pop_back();
      for (const Reference& reference : sections_[next].references) reach(reference.section);
      for (const size_t other : beside_[next]) reach(other);
    }
    for (size_t i = 1; i < sections_.size(); ++i)
      if (sections_[i].table != nullptr) compact(i);
  }

  std::string dead() const {
    std::string names;
    for (const Section& section : sections_)
      if (is_loaded(section) && is_collected(section) && !section.alive && section.header.sh_size > 0)
        names += section.name + "\n";
    return names;
  }

 private:
  size_t header_at(size_t section) const { return header_.e_shoff + section * sizeof(Elf64_Shdr); }
  static bool is_loaded(const Section& section) { return (section.header.sh_flags & SHF_ALLOC) != 0; }

  // `.data..ro_after_init` and the like, with two dots, are collections of many objects. What is to be retained says
  // so.
  static bool is_collected(const Section& section) {
    if ((section.header.sh_flags & SHF_GNU_RETAIN) != 0) return false;
    return std::ranges::any_of(kCollected, [&](std::string_view start) {
      return section.name.starts_with(start) && !section.name.substr(start.size()).starts_with('.');
    });
  }

  void read_symbols() {
    for (const Section& section : sections_) {
      if (section.header.sh_type == SHT_SYMTAB_SHNDX) die("more sections than this program reads");
      if (section.header.sh_type != SHT_SYMTAB) continue;
      for (size_t at = 0; at + sizeof(Elf64_Sym) <= section.header.sh_size; at += sizeof(Elf64_Sym)) {
        const auto symbol = get_struct<Elf64_Sym>(bytes_, section.header.sh_offset + at);
        const size_t in = symbol.st_shndx < sections_.size() ? symbol.st_shndx : 0;
        if (sections_[in].table != nullptr && symbol.st_value != 0)
          die(sections_[in].name + ": a symbol stands in the middle of it");
        symbol_section_.push_back(in);
      }
    }
  }

  void read_references() {
    for (size_t i = 1; i < sections_.size(); ++i) {
      const Elf64_Shdr& header = sections_[i].header;
      if (header.sh_type == SHT_REL) die(sections_[i].name + ": relocations of a form that x86-64 does not have");
      if (header.sh_type != SHT_RELA || header.sh_info >= sections_.size()) continue;
      Section& section = sections_[header.sh_info];
      section.rela = i;
      for (size_t at = 0; at + sizeof(Elf64_Rela) <= header.sh_size; at += sizeof(Elf64_Rela)) {
        const auto record = get_struct<Elf64_Rela>(bytes_, header.sh_offset + at);
        const size_t symbol = ELF64_R_SYM(record.r_info);
        if (symbol >= symbol_section_.size()) die(section.name + ": a relocation names no symbol");
        section.references.push_back({record.r_offset, symbol_section_[symbol], header.sh_offset + at});
      }
      std::ranges::sort(section.references, {}, &Reference::offset);
    }
  }

  void reach(size_t index) {
    Section& section = sections_[index];
    if (index == 0 || section.alive || section.table != nullptr || !is_loaded(section)) return;
    section.alive = true;
    unread_.push_back(index);
  }

  // What an entry refers to beside its own code is needed as soon as that code is.
  void divide(size_t index) {
    const Section& section = sections_[index];
    const size_t size = section.table->entry;
    const std::string other_form = section.name + ": not a table of entries of " + std::to_string(size) + " bytes";
    size_t entries = 0;
    size_t owner = 0;
    for (const Reference& reference : section.references) {
      if (reference.offset == entries * size) {
        owner = reference.section;
        if (owner == 0) die(section.name + ": an entry of code that is not in this file");
        ++entries;
      } else if (entries > 0 && reference.offset / size == entries - 1) {
        beside_[owner].push_back(reference.section);
      } else {
        die(other_form);
      }
    }
    if (entries * size != section.header.sh_size) die(other_form);
    if (section.header.sh_offset > bytes_.size() || section.header.sh_size > bytes_.size() - section.header.sh_offset)
      die(section.name + ": the object ends before it");
  }

  void compact(size_t index) {
    Section& section = sections_[index];
    const size_t size = section.table->entry;
    size_t kept = 0;
    size_t records = 0;
    bool keep = false;
    if (section.rela == 0) return;
    Elf64_Shdr& rela = sections_[section.rela].header;
    const Bytes old(bytes_);
    for (const Reference& reference : section.references) {
      const size_t within = reference.offset % size;
      if (within == 0) {
        keep = sections_[reference.section].alive;
        if (keep) {
          std::copy_n(old.begin() + static_cast<std::ptrdiff_t>(section.header.sh_offset + reference.offset), size,
                      bytes_.begin() + static_cast<std::ptrdiff_t>(section.header.sh_offset + kept * size));
          ++kept;
        }
      }
      if (!keep) continue;
      auto record = get_struct<Elf64_Rela>(old, reference.rela);
      record.r_offset = (kept - 1) * size + within;
      put_struct(bytes_, rela.sh_offset + records++ * sizeof record, record);
    }
    std::printf("%-20s %5zu of %5zu entries stay\n", section.name.c_str(), kept, section.header.sh_size / size);
    section.header.sh_size = kept * size;
    rela.sh_size = records * sizeof(Elf64_Rela);
    put_struct(bytes_, header_at(index), section.header);
    put_struct(bytes_, header_at(section.rela), rela);
  }

  Bytes& bytes_;
  Elf64_Ehdr header_;
  std::vector<Section> sections_;
  std::vector<size_t> symbol_section_;  // of each symbol; 0 for none
  std::vector<size_t> unread_;
  std::map<size_t, std::vector<size_t>> beside_;  // a function's section: what its entries refer to
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage: prune_tables OBJECT DEAD");
  Bytes bytes = read_file(argv[1]);
  Object object(bytes);
  object.prune();
  const std::string dead = object.dead();
  write_file(argv[2], Bytes(dead.begin(), dead.end()));
  write_file(argv[1], bytes);
  return 0;
}
