// SPDX-License-Identifier: MIT
// How a kernel's code is put into a form that compresses better, and back. pack_kernel.cc does the one, the x86 boot
// stub the other (kernel/patches/x86_64/03-packed-code.patch), by what stands here; so it is C, and asks for no
// library.
//
// Branches: a call names its target by the distance from itself, so two calls of one function differ. Packed, its field
// is the target's place in the image, high byte first but for the topmost: the same bytes each time. So are jumps,
// conditional jumps, and operands relative to the instruction pointer. Whatever looks like one, to a target near
// enough, is taken for one; what was wrongly taken comes back all the same. The few are listed whose packing would
// change what something before them looks like; they are left.
//
// Relocations: fields that hold an address of the kernel are found again by their value. In code a list says how many
// places that look like an address are to be passed over before each that is one; in data, those are listed that only
// look like one. What is not found so is listed in full.
//
// A packed image: the image, the lists in the order of struct ck_packed, that struct. Numbers are little-endian; a
// list's elements have 32 bits each where nothing else is said.
#pragma once

typedef unsigned int ck_u32;
typedef unsigned long long ck_u64;

// From begin up to end, which is not in it. Offsets in the image for branches, physical addresses as linked for
// relocations.
struct ck_range {
  ck_u32 begin, end;
};

// How much there is of each list, in its elements.
struct ck_packed {
  ck_u32 branches;   // struct ck_range: code of the kernel and of the programs inside
  ck_u32 left;       // places in it where a branch begins that is not packed, in the order of the ranges, ascending
  ck_u32 code;       // struct ck_range: where fields of 32 bits are searched for at every byte
  ck_u32 data;       // struct ck_range: where fields of 64 bits are searched for at multiples of eight
  ck_u32 only_look;  // places in data that hold no address though they look like it, ascending
  ck_u32 more32;     // other fields of 32 bits, to be displaced forward
  ck_u32 less32;     // fields of 32 bits to be displaced backward
  ck_u32 more64;     // other fields of 64 bits, to be displaced forward
  ck_u32 passed;     // bytes, padded with zeros to a multiple of four: what is passed over in code (CK_PASSED_MORE)
  ck_u32 low, span;  // addresses of the kernel have a lower half of low + [0, span), and ones above
  ck_u32 image;      // bytes of the image, a multiple of four
};

// A byte of `passed` is a number of places, before a field; this one is as many places and says that the next byte
// counts on.
#define CK_PASSED_MORE 255

// Targets and their distances are below 16 MiB; what lies further behind is not packed.
#define CK_BRANCH_REACH 0x1000000u

static inline ck_u32 ck_load32(const unsigned char* at) {
  ck_u32 value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static inline ck_u64 ck_load64(const unsigned char* at) {
  ck_u64 value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}

static inline void ck_store32(unsigned char* at, ck_u32 value) { __builtin_memcpy(at, &value, sizeof value); }
static inline void ck_store64(unsigned char* at, ck_u64 value) { __builtin_memcpy(at, &value, sizeof value); }

// The three lower bytes of a field, the other way round: packed fields have the high one first.
static inline ck_u32 ck_turn_field(ck_u32 field) {
  return (field & 0xff00ff00) | (field >> 16 & 0xff) | (field & 0xff) << 16;
}

// Bytes from `at` to the field of what looks like a branch there; 0 for none. Reads two bytes.
static inline ck_u32 ck_field_of_opcode(const unsigned char* at) {
  // One bit for each first byte (behind 0F: second) that is commonly followed by a ModRM byte.
  static const ck_u32 with_modrm[8] = {0x00030a0a, 0x0f0a0b0a, 0,          0x80008a08,
                                       0x00002f3b, 0xc0c08000, 0x000000c0, 0x80c00000};
  ck_u32 first = at[0], second = at[1];
  if ((first & 0xfe) == 0xe8) return 1;                       // call, jmp
  if (first == 0x0f) return (second & 0xf0) == 0x80 ? 2 : 0;  // jcc
  if ((second & 0xc7) != 0x05) return 0;                      // ModRM: an operand relative to the instruction pointer
  return with_modrm[first / 32] >> first % 32 & 1 ? 2 : 0;
}

// Whether a field's topmost byte is that of a distance or a place within the reach: 0 or 255. Packing keeps it so.
static inline int ck_is_near(const unsigned char* field) { return (unsigned char)(field[3] + 1) <= 1; }

// The same for a branch that may be packed. Reads six bytes.
static inline ck_u32 ck_branch_field(const unsigned char* at) {
  ck_u32 field = ck_field_of_opcode(at);
  return field && ck_is_near(at + field) ? field : 0;
}

// A distance to a target below the reach becomes the target; a distance that could be taken for a target becomes what
// no distance is then. `next` is the offset behind the field.
static inline ck_u32 ck_pack_branch(ck_u32 distance, ck_u32 next) {
  if (distance + next < CK_BRANCH_REACH)
    distance += next;
  else if (distance < CK_BRANCH_REACH)
    distance -= CK_BRANCH_REACH;
  return ck_turn_field(distance);
}

static inline ck_u32 ck_unpack_branch(ck_u32 field, ck_u32 next) {
  field = ck_turn_field(field);
  if (field < CK_BRANCH_REACH) return field - next;
  return field + next < next ? field + CK_BRANCH_REACH : field;
}

// The first of the lists before `packed`.
static inline const ck_u32* ck_lists(const struct ck_packed* packed) {
  return (const ck_u32*)packed - (packed->passed + 3) / 4 - packed->more64 - packed->less32 - packed->more32 -
         packed->only_look - 2 * (packed->data + packed->code) - packed->left - 2 * packed->branches;
}

// Puts the branches of an image back. `packed` stands where it belongs, behind the image and its lists.
static inline void ck_unpack_branches(unsigned char* image, const struct ck_packed* packed) {
  const struct ck_range* range = (const struct ck_range*)ck_lists(packed);
  const ck_u32* left = ck_lists(packed) + 2 * packed->branches;
  const ck_u32* left_end = left + packed->left;
  for (ck_u32 i = 0; i < packed->branches; i++, range++) {
    ck_u32 at = range->begin;
    while (at + 6 <= range->end) {
      ck_u32 field = ck_branch_field(image + at);
      if (!field) {
        at++;
      } else if (left < left_end && *left == at) {
        left++;
        at += field + 4;
      } else {
        at += field + 4;
        ck_store32(image + at - 4, ck_unpack_branch(ck_load32(image + at - 4), at));
      }
    }
  }
}

// Displaces the addresses in a kernel. `kernel` is where physical address 0 would be, were the kernel loaded as it was
// linked.
static inline void ck_relocate(unsigned char* kernel, const struct ck_packed* packed, ck_u64 displacement) {
  const ck_u64 low64 = 0xffffffff00000000ull + packed->low;
  const unsigned char* passed = (const unsigned char*)packed - (packed->passed + 3) / 4 * 4;
  const ck_u32* list = ck_lists(packed) + 2 * packed->branches + packed->left;
  ck_u32 pass = 0, reading = 1;
  for (ck_u32 i = 0; i < packed->code; i++, list += 2) {
    ck_u32 at = list[0];
    while (at + 4 <= list[1]) {
      if (ck_load32(kernel + at) - packed->low >= packed->span) {
        at++;
        continue;
      }
      while (reading) {
        reading = *passed == CK_PASSED_MORE;
        pass += *passed++;
      }
      if (pass) {
        pass--;
        at++;
        continue;
      }
      ck_store32(kernel + at, ck_load32(kernel + at) + (ck_u32)displacement);
      reading = 1;
      at += 4;
    }
  }
  const ck_u32* only_look = list + 2 * packed->data;
  for (ck_u32 i = 0, looked = 0; i < packed->data; i++, list += 2)
    for (ck_u32 at = (list[0] + 7) & ~7u; at + 8 <= list[1]; at += 8) {
      if (ck_load64(kernel + at) - low64 >= packed->span) continue;
      if (looked < packed->only_look && only_look[looked] == at)
        looked++;
      else
        ck_store64(kernel + at, ck_load64(kernel + at) + displacement);
    }
  list = only_look + packed->only_look;
  for (ck_u32 i = 0; i < packed->more32; i++, list++)
    ck_store32(kernel + *list, ck_load32(kernel + *list) + (ck_u32)displacement);
  for (ck_u32 i = 0; i < packed->less32; i++, list++)
    ck_store32(kernel + *list, ck_load32(kernel + *list) - (ck_u32)displacement);
  for (ck_u32 i = 0; i < packed->more64; i++, list++)
    ck_store64(kernel + *list, ck_load64(kernel + *list) + displacement);
}
