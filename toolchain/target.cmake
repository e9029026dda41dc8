# SPDX-License-Identifier: MIT
# CMake toolchain file of the appliance's userland: clang-19 and lld-19 against the sysroot that toolchain/build.sh made
# (build/toolchain, or build/toolchain-TARGET). Static-pie, LTO, unused sections dropped, identical code folded, reproducible.
set(CK_TARGET x86_64 CACHE STRING "a name of toolchain/targets")
if(CK_TARGET STREQUAL x86_64)
  set(CK_SUFFIX "")
else()
  set(CK_SUFFIX -${CK_TARGET})
endif()
set(CK_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/toolchain${CK_SUFFIX} CACHE PATH "sysroot made by toolchain/build.sh")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES CK_TARGET CK_SYSROOT)
cmake_path(ABSOLUTE_PATH CK_SYSROOT NORMALIZE)

file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/targets ck_line REGEX "^${CK_TARGET} ")
separate_arguments(ck_line)
list(GET ck_line 1 ck_triple)
list(SUBLIST ck_line 4 -1 ck_target_flags)
file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/flags ck_flag_lines REGEX "^-")
list(TRANSFORM ck_flag_lines REPLACE "[ \t].*" "" OUTPUT_VARIABLE ck_common_flags)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_CURRENT_LIST_DIR}/targets ${CMAKE_CURRENT_LIST_DIR}/flags)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${CK_TARGET})
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET ${ck_triple})
set(CMAKE_SYSROOT ${CK_SYSROOT})
set(CMAKE_AR /usr/bin/llvm-ar-19)
set(CMAKE_RANLIB /usr/bin/llvm-ranlib-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# Not CMAKE_CXX_FLAGS_INIT: that would stay in the cache of an older build folder when `flags` changes. CMake reads this
# file more than once.
get_property(ck_options DIRECTORY PROPERTY COMPILE_OPTIONS)
if(NOT "-nostdinc++" IN_LIST ck_options)
  add_compile_options(${ck_common_flags} ${ck_target_flags} -fno-threadsafe-statics -fstack-protector-strong
    -nostdinc++ "SHELL:-isystem ${CK_SYSROOT}/usr/include/c++/v1")
endif()

# The compiler driver knows no start files for this sysroot: they are named here. RELR: as bits, what is relocated takes
# next to nothing of the file (toolchain/patches teaches it to musl 1.2.3).
set(ck_lib ${CK_SYSROOT}/usr/lib)
set(CMAKE_CXX_LINK_EXECUTABLE
  "<CMAKE_CXX_COMPILER> -fuse-ld=lld -nostdlib -static-pie ${ck_lib}/rcrt1.o ${ck_lib}/crti.o <CMAKE_CXX_LINK_FLAGS> \
<LINK_FLAGS> -Wl,--gc-sections,--icf=all,--pack-dyn-relocs=relr,--build-id=none,-O2,--lto-O2,--hash-style=gnu,--no-undefined \
-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,-z,max-page-size=4096 <OBJECTS> <LINK_LIBRARIES> \
-Wl,--start-group -lc++ -lc++abi -lc -lclang_rt.builtins -Wl,--end-group ${ck_lib}/crtn.o -o <TARGET>")
