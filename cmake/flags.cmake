# SPDX-License-Identifier: MIT
# Compiler and linker flags of each flavour. Those of `target` that the C library and libc++ must share stand in
# toolchain/target.cmake.

add_library(ck_warnings INTERFACE)
target_compile_options(ck_warnings INTERFACE
  -Werror -Wall -Wextra -Wconversion -Wshadow -Wextra-semi -Wnon-virtual-dtor -Wcovered-switch-default
  # Designated initializers that leave members at their defaults are meant so.
  -Wno-missing-designated-field-initializers)

add_compile_options(-fno-exceptions -fno-rtti -fcolor-diagnostics)

if(CK_FLAVOR MATCHES "^(host|tools)$")
  add_compile_options(-stdlib=libc++)
  add_link_options(-stdlib=libc++ -fuse-ld=lld)
endif()

if(CK_FLAVOR STREQUAL host)
  add_compile_options(-O1 -gline-tables-only -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all)
  add_compile_definitions(_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE)
  add_link_options(-fsanitize=address,undefined)
endif()

# What libFuzzer watches: the sources, compiled once for the tests and the fuzz targets.
add_library(ck_watched INTERFACE)
if(CK_FLAVOR STREQUAL host)
  target_compile_options(ck_watched INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(CK_FLAVOR STREQUAL tools)
  add_compile_options(-O2)
endif()

if(CK_FLAVOR STREQUAL target)
  # Wherever the checkout stands, the program is the same bytes.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
  # musl's CMSG_NXTHDR and _IOC compare and convert signedness in our name; the other flavours check our own code.
  target_compile_options(ck_warnings INTERFACE -Wno-sign-compare -Wno-sign-conversion)
endif()
