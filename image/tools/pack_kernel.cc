// SPDX-License-Identifier: MIT
// Puts a kernel and its relocations into a form that compresses better (unpack_code.h says which).
//
//   pack_kernel IMAGE RELOCATIONS PACKED
//
// IMAGE is vmlinux.bin, an ELF-64 executable of x86-64 with its sections' headers; RELOCATIONS is what Linux's own tool
// found in vmlinux (arch/x86/tools/relocs): addresses of 32 bits behind a zero each for fields of 64 bits, for those of
// 32 bits that are displaced backward, for those of 32 bits. PACKED is written when unpacking it gives IMAGE again, and
// gives with two displacements what RELOCATIONS says.
#include <elf.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "bytes.h"
#include "unpack_code.h"

namespace {

using namespace ck::image;

// Where the kernel is linked: virtual address less physical one.
constexpr uint64_t kMap = 0xffffffff80000000;

struct Relocations {
  std::vector<uint32_t> more64, less32, more32;  // physical addresses, ascending
};

bool is_executable(std::span<const uint8_t> bytes) {
  if (bytes.size() < sizeof(Elf64_Ehdr) || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) return false;
  const auto header = get_struct<Elf64_Ehdr>(bytes, 0);
  return header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64 &&
         header.e_phentsize == sizeof(Elf64_Phdr) && header.e_phoff < bytes.size() &&
         header.e_phnum <= (bytes.size() - header.e_phoff) / sizeof(Elf64_Phdr);
}

// What is loaded of an executable, with bytes in the file.
std::vector<Elf64_Phdr> segments_of(std::span<const uint8_t> bytes) {
  const auto header = get_struct<Elf64_Ehdr>(bytes, 0);
  std::vector<Elf64_Phdr> segments;
  for (size_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = get_struct<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && segment.p_filesz > 0) segments.push_back(segment);
  }
  return segments;
}

bool are_inside(const std::vector<Elf64_Phdr>& segments, size_t size) {
  return std::ranges::all_of(segments, [&](const Elf64_Phdr& segment) {
    return segment.p_offset <= size && segment.p_filesz <= size - segment.p_offset;
  });
}

Relocations read_relocations(const std::string& path) {
  const Bytes bytes = read_file(path);
  Relocations relocations;
  std::vector<uint32_t>* const lists[] = {&relocations.more64, &relocations.less32, &relocations.more32};
  size_t list = 0;
  for (size_t at = 0; at < bytes.size(); at += 4) {
    const uint32_t address = get(bytes, at, 4);
    if (address == 0)
      ++list;
    else if (list == 0 || list > std::size(lists) || address < static_cast<uint32_t>(kMap))
      die(path + ": not a list of relocations of x86-64");
    else
      lists[list - 1]->push_back(address - static_cast<uint32_t>(kMap));
  }
  if (list != std::size(lists)) die(path + ": not the three lists of relocations of x86-64");
  for (std::vector<uint32_t>* each : lists) std::ranges::sort(*each);
  return relocations;
}

bool contains(const std::vector<uint32_t>& sorted, uint32_t value) { return std::ranges::binary_search(sorted, value); }

// The kernel as a loader puts it into memory, byte 0 for physical address 0.
Bytes load(const Bytes& image, const std::vector<Elf64_Phdr>& segments) {
  Bytes memory;
  for (const Elf64_Phdr& segment : segments) {
    const auto from = image.begin() + static_cast<std::ptrdiff_t>(segment.p_offset);
    memory.resize(std::max<size_t>(memory.size(), segment.p_paddr + segment.p_filesz));
    std::copy_n(from, segment.p_filesz, memory.begin() + static_cast<std::ptrdiff_t>(segment.p_paddr));
  }
  return memory;
}

class Packer {
 public:
  Packer(Bytes image, Relocations relocations) : image_(std::move(image)), relocations_(std::move(relocations)) {
    if (!is_executable(image_)) die("not an executable of x86-64");
    segments_ = segments_of(image_);
    if (segments_.empty() || !are_inside(segments_, image_.size())) die("the image ends inside of a segment");
    for (const Elf64_Phdr& segment : segments_)
      if (segment.p_paddr > kLargest || segment.p_memsz > kLargest) die("a segment that is not at a kernel's address");
    memory_ = load(image_, segments_);
    check_relocations();
  }

  Bytes pack() {
    find_code();
    find_programs();
    find_data();
    search_code();
    search_data();
    Bytes packed = image_;
    packed.resize(divide_up(packed.size(), 4) * 4);
    counts_.image = static_cast<uint32_t>(packed.size());
    for (const ck_range& range : branches_) pack_branches(packed, range);
    counts_.branches = append(packed, branches_);
    counts_.left = append(packed, left_);
    counts_.code = append(packed, code_);
    counts_.data = append(packed, data_);
    counts_.only_look = append(packed, only_look_);
    counts_.more32 = append(packed, more32_);
    counts_.less32 = append(packed, relocations_.less32);
    counts_.more64 = append(packed, more64_);
    counts_.passed = append(packed, passed_);
    packed.resize(divide_up(packed.size(), 4) * 4);
    append(packed, std::vector{counts_});
    check(packed);
    return packed;
  }

  void report(const Bytes& packed) const {
    std::printf(
        "%zu branches of %zu pieces of code; relocations found by value: %zu of %zu in code, %zu of %zu in data; %zu + "
        "%zu bytes\n",
        packed_branches_, branches_.size(), relocations_.more32.size() - more32_.size(), relocations_.more32.size(),
        relocations_.more64.size() - more64_.size(), relocations_.more64.size(), image_.size(),
        packed.size() - image_.size());
  }

 private:
  static constexpr uint64_t kLargest = 0x40000000;  // KERNEL_IMAGE_SIZE

  void check_relocations() const {
    for (const auto& [list, width] :
         {std::pair(&relocations_.more64, 8), {&relocations_.less32, 4}, {&relocations_.more32, 4}})
      for (const uint32_t address : *list)
        if (std::ranges::none_of(segments_, [&](const Elf64_Phdr& segment) {
              return address >= segment.p_paddr && address + width <= segment.p_paddr + segment.p_filesz;
            }))
          die("a relocation outside of the kernel");
  }

  void find_code() {
    uint64_t low = kLargest;
    uint64_t high = 0;
    for (const Elf64_Phdr& segment : segments_) {
      low = std::min(low, segment.p_paddr);
      high = std::max(high, segment.p_paddr + segment.p_memsz);
    }
    counts_.low = static_cast<uint32_t>(kMap + low);
    counts_.span = static_cast<uint32_t>(high - low + 1);  // a symbol may stand at the very end
    const auto header = get_struct<Elf64_Ehdr>(image_, 0);
    for (size_t i = 0; i < header.e_shnum; ++i) {
      const auto section = get_struct<Elf64_Shdr>(image_, header.e_shoff + i * sizeof(Elf64_Shdr));
      if (section.sh_type != SHT_PROGBITS || (section.sh_flags & SHF_EXECINSTR) == 0 || section.sh_size == 0) continue;
      const auto in = std::ranges::find_if(segments_, [&](const Elf64_Phdr& segment) {
        return section.sh_offset >= segment.p_offset && section.sh_offset - segment.p_offset <= segment.p_filesz &&
               section.sh_size <= segment.p_filesz - (section.sh_offset - segment.p_offset);
      });
      if (in == segments_.end()) die("code outside of all segments");
      const uint64_t size = without_filling(section.sh_offset, section.sh_size);
      if (size == 0) continue;
      code_.push_back(range_at(in->p_paddr + section.sh_offset - in->p_offset, size));
      add_branches(section.sh_offset, size);
    }
    if (code_.empty()) die("no section with code");
    std::ranges::sort(code_, {}, &ck_range::begin);
  }

  // Programs in the root file system, which its archive aligns to four bytes, and the vDSO.
  void find_programs() {
    for (const Elf64_Phdr& segment : segments_)
      for (size_t at = divide_up(segment.p_offset + 1, 4) * 4; at < segment.p_offset + segment.p_filesz; at += 4) {
        const std::span<const uint8_t> rest(image_.data() + at, segment.p_offset + segment.p_filesz - at);
        if (!is_executable(rest)) continue;
        const std::vector<Elf64_Phdr> parts = segments_of(rest);
        if (!are_inside(parts, rest.size())) continue;
        for (const Elf64_Phdr& part : parts)
          if ((part.p_flags & PF_X) != 0) add_branches(at + part.p_offset, part.p_filesz);
      }
  }

  // A kernel's .text is filled up to two megabytes with INT3, which the stub need not look at.
  uint64_t without_filling(uint64_t offset, uint64_t size) const {
    while (size > 0 && image_[offset + size - 1] == 0xcc) --size;
    return size;
  }

  // What is code already stays that once: a program may hold another one.
  void add_branches(uint64_t offset, uint64_t size) {
    const uint64_t end = std::min<uint64_t>(offset + size, CK_BRANCH_REACH);
    if (offset >= end) return;
    const ck_range range = range_at(offset, end - offset);
    if (std::ranges::none_of(branches_,
                             [&](const ck_range& other) { return range.begin < other.end && other.begin < range.end; }))
      branches_.push_back(range);
  }

  static ck_range range_at(uint64_t begin, uint64_t size) {
    return {.begin = static_cast<ck_u32>(begin), .end = static_cast<ck_u32>(begin + size)};
  }

  // What is loaded and is no code.
  void find_data() {
    for (const Elf64_Phdr& segment : segments_) {
      uint64_t begin = segment.p_paddr;
      const uint64_t end = segment.p_paddr + segment.p_filesz;
      for (const ck_range& code : code_) {
        if (code.begin < begin || code.begin >= end) continue;
        if (begin < code.begin) data_.push_back(range_at(begin, code.begin - begin));
        begin = code.end;
      }
      if (begin < end) data_.push_back(range_at(begin, end - begin));
    }
  }

  void search_code() {
    more32_ = relocations_.more32;
    size_t pass = 0;
    for (const ck_range& range : code_)
      for (uint32_t at = range.begin; at + 4 <= range.end;) {
        if (ck_load32(memory_.data() + at) - counts_.low >= counts_.span) {
          ++at;
        } else if (!contains(relocations_.more32, at)) {
          ++pass;
          ++at;
        } else {
          put_passed(pass);
          pass = 0;
          std::erase(more32_, at);
          at += 4;
        }
      }
    put_passed(pass + 1);
  }

  void put_passed(size_t count) {
    for (; count >= CK_PASSED_MORE; count -= CK_PASSED_MORE) passed_.push_back(CK_PASSED_MORE);
    passed_.push_back(static_cast<uint8_t>(count));
  }

  void search_data() {
    more64_ = relocations_.more64;
    for (const ck_range& range : data_)
      for (uint32_t at = static_cast<uint32_t>(divide_up(range.begin, 8) * 8); at + 8 <= range.end; at += 8) {
        if (ck_load64(memory_.data() + at) - (kMap >> 32 << 32 | counts_.low) >= counts_.span) continue;
        if (contains(relocations_.more64, at))
          std::erase(more64_, at);
        else
          only_look_.push_back(at);
      }
  }

  // Where something begins that looks like a branch to too far away, the topmost byte of its distance may lie in a
  // later field. That field is left as it is if packing it would make the distance look near.
  void pack_branches(Bytes& packed, const ck_range& range) {
    std::vector<uint32_t> far;  // where the topmost bytes of such distances are, since the last field
    for (uint32_t at = range.begin; at + 6 <= range.end;) {
      const uint32_t to_field = ck_branch_field(packed.data() + at);
      if (to_field == 0) {
        if (const uint32_t opcode = ck_field_of_opcode(packed.data() + at); opcode != 0) far.push_back(at + opcode + 3);
        ++at;
        continue;
      }
      const uint32_t field = at + to_field;
      const uint32_t distance = ck_load32(packed.data() + field);
      ck_store32(packed.data() + field, ck_pack_branch(distance, field + 4));
      if (std::ranges::any_of(far, [&](uint32_t top) {
            return top >= field && top < field + 4 && ck_is_near(packed.data() + top - 3);
          })) {
        ck_store32(packed.data() + field, distance);
        left_.push_back(at);
      } else {
        ++packed_branches_;
      }
      far.clear();
      at = field + 4;
    }
  }

  template <typename T>
  static uint32_t append(Bytes& bytes, const std::vector<T>& list) {
    const auto* from = reinterpret_cast<const uint8_t*>(list.data());
    bytes.insert(bytes.end(), from, from + list.size() * sizeof(T));
    return static_cast<uint32_t>(list.size());
  }

  void check(const Bytes& packed) const {
    Bytes copy = packed;
    const auto* lists = reinterpret_cast<const ck_packed*>(copy.data() + copy.size() - sizeof(ck_packed));
    ck_unpack_branches(copy.data(), lists);
    if (!std::equal(image_.begin(), image_.end(), copy.begin())) die("unpacking does not give the image again");
    for (const uint64_t displacement : {uint64_t{0x200000}, kLargest - 0x200000}) {
      Bytes expected = memory_;
      for (const uint32_t at : relocations_.more64) add64(expected, at, displacement);
      for (const uint32_t at : relocations_.more32) add32(expected, at, displacement);
      for (const uint32_t at : relocations_.less32) add32(expected, at, -displacement);
      Bytes displaced = memory_;
      ck_relocate(displaced.data(), lists, displacement);
      if (displaced != expected) die("relocating what is packed gives another kernel");
    }
  }

  static void add32(Bytes& bytes, uint32_t at, uint64_t value) {
    ck_store32(bytes.data() + at, ck_load32(bytes.data() + at) + static_cast<uint32_t>(value));
  }
  static void add64(Bytes& bytes, uint32_t at, uint64_t value) {
    ck_store64(bytes.data() + at, ck_load64(bytes.data() + at) + value);
  }

  Bytes image_;
  Relocations relocations_;
  std::vector<Elf64_Phdr> segments_;
  Bytes memory_;
  ck_packed counts_{};
  std::vector<ck_range> branches_, code_, data_;
  std::vector<uint32_t> left_, only_look_, more32_, more64_;
  std::vector<uint8_t> passed_;
  size_t packed_branches_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) die("usage: pack_kernel IMAGE RELOCATIONS PACKED");
  Packer packer(read_file(argv[1]), read_relocations(argv[2]));
  const Bytes packed = packer.pack();
  packer.report(packed);
  write_file(argv[3], packed);
  return 0;
}
