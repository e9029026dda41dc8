// SPDX-License-Identifier: MIT
// The numbers of Linux's netlink ABI that we use, under names of our own, each with the kernel's name beside it.
// A unit test compares them with the kernel's headers.
#pragma once

#include <cstdint>

namespace ck::netlink {

// linux/netlink.h
inline constexpr uint16_t kError = 2;                   // NLMSG_ERROR
inline constexpr uint16_t kDone = 3;                    // NLMSG_DONE
inline constexpr uint16_t kOverrun = 4;                 // NLMSG_OVERRUN
inline constexpr uint16_t kFlagRequest = 1;             // NLM_F_REQUEST
inline constexpr uint16_t kFlagAck = 4;                 // NLM_F_ACK
inline constexpr uint16_t kFlagDumpInterrupted = 0x10;  // NLM_F_DUMP_INTR
inline constexpr uint16_t kFlagDump = 0x300;            // NLM_F_DUMP
inline constexpr uint16_t kFlagReplace = 0x100;         // NLM_F_REPLACE
inline constexpr uint16_t kFlagExclusive = 0x200;       // NLM_F_EXCL
inline constexpr uint16_t kFlagCreate = 0x400;          // NLM_F_CREATE

// Message types (linux/rtnetlink.h)
inline constexpr uint16_t kNewLink = 16;          // RTM_NEWLINK
inline constexpr uint16_t kDeleteLink = 17;       // RTM_DELLINK
inline constexpr uint16_t kGetLink = 18;          // RTM_GETLINK
inline constexpr uint16_t kNewAddress = 20;       // RTM_NEWADDR
inline constexpr uint16_t kDeleteAddress = 21;    // RTM_DELADDR
inline constexpr uint16_t kGetAddress = 22;       // RTM_GETADDR
inline constexpr uint16_t kNewRoute = 24;         // RTM_NEWROUTE
inline constexpr uint16_t kDeleteRoute = 25;      // RTM_DELROUTE
inline constexpr uint16_t kGetRoute = 26;         // RTM_GETROUTE
inline constexpr uint16_t kNewRule = 32;          // RTM_NEWRULE
inline constexpr uint16_t kDeleteRule = 33;       // RTM_DELRULE
inline constexpr uint16_t kGetRule = 34;          // RTM_GETRULE
inline constexpr uint16_t kNewNdUserOption = 68;  // RTM_NEWNDUSEROPT

// Multicast groups as bits of sockaddr_nl.nl_groups
inline constexpr uint32_t group_bit(unsigned group) { return 1u << (group - 1); }
inline constexpr uint32_t kGroupLink = group_bit(1);           // RTNLGRP_LINK
inline constexpr uint32_t kGroupIpv4Address = group_bit(5);    // RTNLGRP_IPV4_IFADDR
inline constexpr uint32_t kGroupIpv4Route = group_bit(7);      // RTNLGRP_IPV4_ROUTE
inline constexpr uint32_t kGroupIpv6Address = group_bit(9);    // RTNLGRP_IPV6_IFADDR
inline constexpr uint32_t kGroupIpv6Route = group_bit(11);     // RTNLGRP_IPV6_ROUTE
inline constexpr uint32_t kGroupIpv4Rule = group_bit(8);       // RTNLGRP_IPV4_RULE
inline constexpr uint32_t kGroupIpv6LinkInfo = group_bit(12);  // RTNLGRP_IPV6_IFINFO
inline constexpr uint32_t kGroupIpv6Rule = group_bit(19);      // RTNLGRP_IPV6_RULE
inline constexpr uint32_t kGroupNdUserOption = group_bit(20);  // RTNLGRP_ND_USEROPT

inline constexpr uint8_t kFamilyUnspecified = 0;  // AF_UNSPEC
inline constexpr uint8_t kFamilyIpv4 = 2;         // AF_INET
inline constexpr uint8_t kFamilyIpv6 = 10;        // AF_INET6

inline constexpr uint16_t kHardwareEthernet = 1;  // ARPHRD_ETHER

// Interface flags (linux/if.h)
inline constexpr uint32_t kLinkUp = 1 << 0;         // IFF_UP
inline constexpr uint32_t kLinkBroadcast = 1 << 1;  // IFF_BROADCAST
inline constexpr uint32_t kLinkLoopback = 1 << 3;   // IFF_LOOPBACK
inline constexpr uint32_t kLinkRunning = 1 << 6;    // IFF_RUNNING
inline constexpr uint32_t kLinkLowerUp = 1 << 16;   // IFF_LOWER_UP

// Link attributes (linux/if_link.h)
inline constexpr uint16_t kLinkAddress = 1;        // IFLA_ADDRESS
inline constexpr uint16_t kLinkName = 3;           // IFLA_IFNAME
inline constexpr uint16_t kLinkMtu = 4;            // IFLA_MTU
inline constexpr uint16_t kLinkParent = 5;         // IFLA_LINK
inline constexpr uint16_t kLinkMaster = 10;        // IFLA_MASTER
inline constexpr uint16_t kLinkProtocolInfo = 12;  // IFLA_PROTINFO
inline constexpr uint16_t kLinkInfo = 18;          // IFLA_LINKINFO
inline constexpr uint16_t kLinkExtMask = 29;       // IFLA_EXT_MASK
inline constexpr uint16_t kLinkInfoKind = 1;       // IFLA_INFO_KIND
inline constexpr uint16_t kLinkInfoData = 2;       // IFLA_INFO_DATA
inline constexpr uint16_t kVlanId = 1;             // IFLA_VLAN_ID
inline constexpr uint16_t kInet6Flags = 1;         // IFLA_INET6_FLAGS
inline constexpr uint32_t kRouterOther = 0x80;     // IF_RA_OTHERCONF
inline constexpr uint32_t kRouterManaged = 0x40;   // IF_RA_MANAGED
inline constexpr uint32_t kSkipStatistics = 8;     // RTEXT_FILTER_SKIP_STATS

// Address attributes and flags (linux/if_addr.h)
inline constexpr uint16_t kAddressAddress = 1;        // IFA_ADDRESS
inline constexpr uint16_t kAddressLocal = 2;          // IFA_LOCAL
inline constexpr uint16_t kAddressBroadcast = 4;      // IFA_BROADCAST
inline constexpr uint16_t kAddressCacheInfo = 6;      // IFA_CACHEINFO
inline constexpr uint16_t kAddressFlags = 8;          // IFA_FLAGS
inline constexpr uint16_t kAddressRoutePriority = 9;  // IFA_RT_PRIORITY
inline constexpr uint16_t kAddressProtocol = 11;      // IFA_PROTO
inline constexpr uint32_t kAddressSecondary = 0x01;   // IFA_F_SECONDARY (temporary, for IPv6)
inline constexpr uint32_t kAddressOptimistic = 0x04;  // IFA_F_OPTIMISTIC
inline constexpr uint32_t kAddressDadFailed = 0x08;   // IFA_F_DADFAILED
inline constexpr uint32_t kAddressDeprecated = 0x20;  // IFA_F_DEPRECATED
inline constexpr uint32_t kAddressTentative = 0x40;   // IFA_F_TENTATIVE
inline constexpr uint32_t kAddressPermanent = 0x80;   // IFA_F_PERMANENT
inline constexpr uint8_t kAddressByRouter = 2;        // IFAPROT_KERNEL_RA

// Route attributes and fields (linux/rtnetlink.h)
inline constexpr uint16_t kRouteDestination = 1;  // RTA_DST
inline constexpr uint16_t kRouteOutput = 4;       // RTA_OIF
inline constexpr uint16_t kRouteGateway = 5;      // RTA_GATEWAY
inline constexpr uint16_t kRoutePriority = 6;     // RTA_PRIORITY
inline constexpr uint16_t kRouteSource = 7;       // RTA_PREFSRC
inline constexpr uint16_t kRouteMetrics = 8;      // RTA_METRICS
inline constexpr uint16_t kRouteCacheInfo = 12;   // RTA_CACHEINFO
inline constexpr uint16_t kRouteTable = 15;       // RTA_TABLE
inline constexpr uint16_t kMetricMtu = 2;         // RTAX_MTU
inline constexpr uint8_t kTableMain = 254;        // RT_TABLE_MAIN
inline constexpr uint8_t kTableCompatible = 252;  // RT_TABLE_COMPAT: the number stands in the attribute
inline constexpr uint8_t kProtocolKernel = 2;     // RTPROT_KERNEL
inline constexpr uint8_t kProtocolRouter = 9;     // RTPROT_RA
inline constexpr uint8_t kProtocolDhcp = 16;      // RTPROT_DHCP
inline constexpr uint8_t kProtocolOurs = 99;      // unassigned: what we set that does not come from DHCP
inline constexpr uint8_t kScopeUniverse = 0;      // RT_SCOPE_UNIVERSE
inline constexpr uint8_t kScopeLink = 253;        // RT_SCOPE_LINK
inline constexpr uint8_t kScopeHost = 254;        // RT_SCOPE_HOST
inline constexpr uint8_t kTypeUnicast = 1;        // RTN_UNICAST
inline constexpr uint32_t kRouteCloned = 0x200;   // RTM_F_CLONED
inline constexpr uint32_t kRouteOnLink = 4;       // RTNH_F_ONLINK

// Rules (linux/fib_rules.h)
inline constexpr uint16_t kRuleSource = 2;     // FRA_SRC
inline constexpr uint16_t kRulePriority = 6;   // FRA_PRIORITY
inline constexpr uint16_t kRuleTable = 15;     // FRA_TABLE
inline constexpr uint16_t kRuleProtocol = 21;  // FRA_PROTOCOL
inline constexpr uint8_t kRuleToTable = 1;     // FR_ACT_TO_TBL

inline constexpr uint32_t kTicksPerSecond = 100;  // USER_HZ, in which the kernel tells when a route ends
inline constexpr uint32_t kForever = 0xffffffff;  // lifetimes in seconds

}  // namespace ck::netlink
