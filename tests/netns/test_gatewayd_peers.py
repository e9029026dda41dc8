# SPDX-License-Identifier: MIT
"""gatewayd between real DCE/RPC peers: Samba's tests of raw DCE/RPC run against Samba directly and through the gateway, and impacket calls
Samba and its own small server. Two namespaces: the gateway's, and that of all others."""

import json
import os
import pathlib

import peers
import pytest
import rpc_peers
from test_gatewayd import GATEWAY4, GATEWAY6, LAN4, LAN6, gateway, lan, wait_for  # noqa: F401

LAN4_OTHER = "192.0.2.11"  # the lan's too, and Samba is not there

# ---- what the gateway is told ----------------------------------------------------------------------------------------------------


def start_gateway(gateway, upstream, port=rpc_peers.PORT):  # noqa: F811
    """The one place that knows how gatewayd is configured for these tests: the interfaces that the peers ask for are on its list, contexts
    may be altered, and nothing limits how fast they come. Checks are off, as they would stand between the lines that a test explains."""
    host = f"[{upstream}]" if ":" in upstream else upstream
    lines = ["pool name=samba alter=validated calls=1000 checks=none", f"listener pool=samba port={port}",
             f"upstream pool=samba host={host}:{port}", "limits per-source=1024 burst=60000 per-minute=60000"]
    lines += [f"interface pool=samba uuid={uuid} version={version} opnums=0-{count - 1}" for uuid, version, count in rpc_peers.INTERFACES.values()]
    return gateway(config="".join(line + "\n" for line in lines))


# ---- which of Samba's raw tests end otherwise through the gateway, and which rule of the gateway's is the reason -----------------

ANONYMOUS = "the service is anonymous: auth_length is 0"
RESERVED = "the reserved flag is not set; Samba passes it over"
RENEGOTIATED = "an alteration offers a new context, not one that there is"
NO_CONTEXT = "a bind without contexts is refused for no named reason; Samba names its own, where authentication is wrong as well"
FRAGMENTED = "a request is one fragment, first and last at once"
HINT = "alloc_hint is not more than there is"
GROUP = "all clients have one address upstream: none may join another's association group"
CANCEL = "what is cancelled is a call that runs"
INTERFACE = "every context is of an interface on the list; the tests name others, also to negotiate features"
TRANSFER = "a transfer syntax is NDR or NDR64"
WHOLE_BIND = "a bind and an alter_context are one fragment, first and last at once; Samba passes the flags over"

DIFFERENCES = {
    "test_2nd_cancel_requests": FRAGMENTED,
    "test_alloc_hint": HINT,
    "test_assoc_group_ok1": GROUP,
    "test_auth_none_0_bind": ANONYMOUS,
    "test_auth_none_255_bind": ANONYMOUS,
    "test_auth_none_7_bind": ANONYMOUS,
    "test_auth_none_call_request": ANONYMOUS,
    "test_auth_none_connect_request": ANONYMOUS,
    "test_auth_none_none_bind": ANONYMOUS,
    "test_auth_none_none_request": ANONYMOUS,
    "test_auth_none_packet_request": ANONYMOUS,
    "test_co_cancel_no_request": CANCEL,
    "test_co_cancel_request_after_first": FRAGMENTED,
    "test_first_08_requests": RESERVED,
    "test_first_cancel_requests": FRAGMENTED,
    "test_first_cmpx_requests": FRAGMENTED,
    "test_first_didnot_requests": FRAGMENTED,
    "test_first_maybe_requests": FRAGMENTED,
    "test_first_only_requests": FRAGMENTED,
    "test_fragmented_requests01": FRAGMENTED,
    "test_fragmented_requests02": FRAGMENTED,
    "test_fragmented_requests03": FRAGMENTED,
    "test_fragmented_requests04": FRAGMENTED,
    "test_fragmented_requests05": FRAGMENTED,
    "test_invalid_auth_noctx": NO_CONTEXT,
    "test_last_cancel_requests": FRAGMENTED,
    "test_last_only_requests": FRAGMENTED,
    "test_mix_requests": FRAGMENTED,
    "test_neg_xmit_0_0": RENEGOTIATED,
    "test_neg_xmit_0_3199": RENEGOTIATED,
    "test_neg_xmit_0_ffff": RENEGOTIATED,
    "test_neg_xmit_3199_0": RENEGOTIATED,
    "test_neg_xmit_3199_ffff": RENEGOTIATED,
    "test_neg_xmit_ffff_0": RENEGOTIATED,
    "test_neg_xmit_ffff_3199": RENEGOTIATED,
    "test_neg_xmit_ffff_ffff": RENEGOTIATED,
    "test_no_auth_bind_time_keep_on_orphan_ignore_additional": INTERFACE,
    "test_no_auth_bind_time_keep_on_orphan_simple": INTERFACE,
    "test_no_auth_bind_time_none_ignore_additional": INTERFACE,
    "test_no_auth_bind_time_none_simple": INTERFACE,
    "test_no_auth_bind_time_only_first": INTERFACE,
    "test_no_auth_bind_time_sec_ctx_ignore_additional": INTERFACE,
    "test_no_auth_presentation_ctx_invalid1": INTERFACE,
    "test_no_auth_presentation_ctx_invalid3": TRANSFER,
    "test_no_auth_presentation_ctx_no_ndr64": INTERFACE,
    "test_no_auth_presentation_ctx_valid1": TRANSFER,
    "test_no_auth_presentation_ctx_valid2": TRANSFER,
    "test_no_auth_request_alter_pfc_00": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_08": RESERVED,
    "test_no_auth_request_alter_pfc_CONC_MPX": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_DID_NOT_EXECUTE": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_FIRST": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_HDR_SIGNING": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_LAST": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_MAYBE": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_OBJECT_UUID": WHOLE_BIND,
    "test_no_auth_request_alter_pfc_ff": RESERVED,
    "test_no_auth_request_bind_pfc_00": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_08": RESERVED,
    "test_no_auth_request_bind_pfc_CONC_MPX": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_DID_NOT_EXECUTE": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_FIRST": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_HDR_SIGNING": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_LAST": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_MAYBE": WHOLE_BIND,
    "test_no_auth_request_bind_pfc_OBJECT_UUID": WHOLE_BIND,
    "test_none_only_requests": FRAGMENTED,
    "test_ntlmssp_auth_pad_fail_auth3": ANONYMOUS,
    "test_ntlmssp_auth_pad_ok": ANONYMOUS,
    "test_orphaned_no_request": CANCEL,
    "test_orphaned_request_after_first_last": FRAGMENTED,
    "test_orphaned_request_after_first_mpx_last": FRAGMENTED,
    "test_orphaned_request_after_first_mpx_no_last": FRAGMENTED,
    "test_orphaned_request_after_first_no_last": FRAGMENTED,
    "test_spnego_auth3": ANONYMOUS,
    "test_spnego_auth_pad_fail_alter": ANONYMOUS,
    "test_spnego_auth_pad_fail_bind": ANONYMOUS,
    "test_spnego_auth_pad_ok": ANONYMOUS,
    "test_spnego_change_abstract": ANONYMOUS,
    "test_spnego_change_auth_level": ANONYMOUS,
    "test_spnego_change_auth_type1": ANONYMOUS,
    "test_spnego_change_auth_type3": ANONYMOUS,
    "test_spnego_connect_integrity_upgrade": ANONYMOUS,
    "test_spnego_connect_packet_upgrade": ANONYMOUS,
    "test_spnego_connect_reauth_alter": ANONYMOUS,
    "test_spnego_connect_reauth_auth3": ANONYMOUS,
    "test_spnego_integrity_downgrade_connect": ANONYMOUS,
    "test_spnego_packet_downgrade_connect": ANONYMOUS,
    "test_spnego_unfinished_request": ANONYMOUS,
}

# ----------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def samba(lan, tmp_path_factory):  # noqa: F811
    peers.need("samba-ad-dc")
    folder = tmp_path_factory.mktemp("samba")
    server = rpc_peers.samba(lan[1], [LAN4, LAN6], folder / "jail", folder / "samba.log")
    try:
        server.wait_listening()
        yield server
    finally:
        server.stop()


def test_raw_tests_of_samba_differ_only_where_the_gateway_means_it(lan, gateway, samba, tmp_path, transcripts):  # noqa: F811
    peers.need_file("usr/lib/python3/dist-packages/samba/tests/dcerpc/raw_protocol.py", "tests of Samba's")
    direct = rpc_peers.raw_tests(lan[1], LAN4, tmp_path / "direct")
    for host, port in rpc_peers.listening(lan[1]):
        if host == LAN4:  # all its ports: some tests ask the endpoint mapper, and go on where it sends them
            start_gateway(gateway, LAN4, port)
    through = rpc_peers.raw_tests(lan[1], GATEWAY4, tmp_path / "through")
    assert direct.keys() == through.keys()
    passed = [name for name, (outcome, _) in direct.items() if outcome == "pass"]
    assert len(passed) >= 80  # else Samba is not what these tests are made for, and their agreement says nothing
    outcomes = {name: [direct[name], through[name]] for name in sorted(direct)}
    (pathlib.Path(transcripts) / "outcomes.json").write_text(json.dumps(outcomes, indent=1))
    found = {name for name in direct if direct[name][0] != through[name][0]}
    news = []
    for name in sorted(found - DIFFERENCES.keys()):  # once more, alone, for what the gateway says of it
        log = pathlib.Path(transcripts) / "gatewayd.log"
        before = len(log.read_text())
        rpc_peers.raw_tests(lan[1], GATEWAY4, tmp_path / "alone", [name])
        news.append(f"{name}: directly {direct[name]}, through the gateway {through[name]}\n{log.read_text()[before:]}")
    assert not news, f"{len(news)} are not listed:\n" + "\n".join(news)
    gone = sorted(DIFFERENCES.keys() - found)
    assert not gone, f"listed, but the same: {gone}"


# ---- impacket ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("here, there", [(GATEWAY4, LAN4), (GATEWAY6, LAN6), (GATEWAY4, LAN6)], ids=["ipv4", "ipv6", "ipv4-to-ipv6"])
def test_impacket_asks_samba(lan, gateway, samba, tmp_path, here, there):  # noqa: F811
    peers.need("python3-impacket")
    one = start_gateway(gateway, there)

    def ask(*arguments):
        return rpc_peers.impacket(lan[1], tmp_path / "jail", *arguments)

    interfaces = ask("interfaces", here)
    uuid, version, _ = rpc_peers.INTERFACES["epmapper"]
    assert f"{uuid} {version}".upper() in [line.upper() for line in interfaces]
    assert interfaces == ask("interfaces", there)
    [port] = ask("endpoint", here)
    assert (there, int(port)) in rpc_peers.listening(lan[1])
    wait_for(lambda: one.count("answered") == 2)


def test_impacket_asks_impacket(lan, gateway, tmp_path):  # noqa: F811
    peers.need("python3-impacket")
    server = rpc_peers.impacket_server(lan[1], LAN4_OTHER, tmp_path / "server", tmp_path / "server.log")
    try:
        server.wait_listening()
        start_gateway(gateway, LAN4_OTHER)
        stub = os.urandom(64)
        for here in (GATEWAY4, GATEWAY6):
            [answer] = rpc_peers.impacket(lan[1], tmp_path / "client", "echo", here, stub.hex())
            assert bytes.fromhex(answer) == stub[::-1]
    finally:
        server.stop()
