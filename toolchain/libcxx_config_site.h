// SPDX-License-Identifier: MIT
// libc++'s __config_site for this appliance: what its CMake would have written for these choices. Every program has one
// thread; text is bytes; files are sys's business; randomness is the kernel's.
#pragma once

#define _LIBCPP_ABI_VERSION 2
#define _LIBCPP_ABI_NAMESPACE __ck
#define _LIBCPP_HAS_MUSL_LIBC
#define _LIBCPP_HAS_NO_THREADS
#define _LIBCPP_HAS_NO_FILESYSTEM
#define _LIBCPP_HAS_NO_LOCALIZATION
#define _LIBCPP_HAS_NO_RANDOM_DEVICE
#define _LIBCPP_HAS_NO_STD_MODULES
#define _LIBCPP_HAS_NO_TIME_ZONE_DATABASE
#define _LIBCPP_HAS_NO_UNICODE
#define _LIBCPP_HAS_NO_VENDOR_AVAILABILITY_ANNOTATIONS
#define _LIBCPP_HAS_NO_WIDE_CHARACTERS
#define _LIBCPP_PSTL_BACKEND_SERIAL
#define _LIBCPP_HARDENING_MODE_DEFAULT _LIBCPP_HARDENING_MODE_FAST
