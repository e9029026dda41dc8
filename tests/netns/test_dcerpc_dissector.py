# SPDX-License-Identifier: MIT
"""parse_header() of gatewayd beside tshark's DCE/RPC dissector, on thousands of PDUs, right and wrong (the seed is fixed). What both accept
must agree field by field; what tshark does not see as DCE/RPC must be refused; what tshark dissects and gatewayd refuses must break, by
tshark's own reading of it, the very rule that gatewayd names."""

import collections
import os
import pathlib
import random
import struct
import subprocess

import peers
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROBE = ROOT / "build" / "target" / "dcerpc_headers"
PORT = 1688
FROM_CLIENT, FROM_SERVER = 0, 1

# type: (who sends it, least size), C706 12.6.4
TYPES = {
    0: (FROM_CLIENT, 24), 2: (FROM_SERVER, 24), 3: (FROM_SERVER, 32),
    11: (FROM_CLIENT, 28), 12: (FROM_SERVER, 28), 13: (FROM_SERVER, 18), 14: (FROM_CLIENT, 28), 15: (FROM_SERVER, 28),
    16: (FROM_CLIENT, 20), 17: (FROM_SERVER, 16), 18: (FROM_CLIENT, 16), 19: (FROM_CLIENT, 16),
}
AUTH3, REQUEST = 16, 0
RESERVED, OBJECT_UUID = 0x08, 0x80

Pdu = collections.namedtuple("Pdu", "direction bytes")
Fields = collections.namedtuple("Fields", "version minor type flags representation length auth_length call")


def least_size(fields):
    _, least = TYPES[fields.type]
    return least + 16 if fields.type == REQUEST and fields.flags & OBJECT_UUID else least


def representation_is_bad(value):
    return value[0] >> 4 > 1 or value[0] & 15 > 1 or value[1] > 3 or value[2:] != b"\0\0"


# What gatewayd may say of a PDU that tshark dissects: is it so, by tshark's fields? A header that is cut short and one of another
# version are not here, as tshark does not dissect those either.
REASONS = {
    "unknown-type": lambda direction, fields: fields.type not in TYPES,
    "wrong-direction": lambda direction, fields: TYPES[fields.type][0] != direction,
    "data-representation": lambda direction, fields: representation_is_bad(fields.representation),
    "too-short": lambda direction, fields: fields.length < least_size(fields),
    "too-long": lambda direction, fields: fields.length > 5840,
    "authenticated": lambda direction, fields: fields.auth_length != 0 or fields.type == AUTH3,
    "reserved-flag": lambda direction, fields: fields.flags & RESERVED != 0,
}


# ---- PDUs ------------------------------------------------------------------------------------------------------------------------


def pdu(source, kind, *, order="<", flags=3, body=0, minor=0):
    """One that is right: `body` bytes, in which nothing is meant, beyond the least that its type must have."""
    direction, least = TYPES[kind]
    least += 16 if kind == REQUEST and flags & OBJECT_UUID else 0
    length = least + body
    header = struct.pack("8B", 5, minor, kind, flags, 0x10 if order == "<" else 0, 0, 0, 0)
    header += struct.pack(order + "HHI", length, 0, source.getrandbits(32))
    return Pdu(direction, header + source.randbytes(length - 16))


def right(source):
    return pdu(source, source.choice(list(TYPES)), order=source.choice("<>"), flags=source.choice([3, 3, 1, 2, 0, 0x83, 0x13, 0xF7]),
               body=source.choice([0, 4, 44, 250, 700]), minor=source.choice([0, 0, 1]))


def corpus():
    source = random.Random(1688)
    made = [right(source) for _ in range(1000)]
    for kind in (0, 2, 11, 12):  # each byte of the header through all its values
        for at in range(16):
            for value in range(256):
                direction, content = pdu(source, kind, body=44)
                made.append(Pdu(direction, content[:at] + bytes([value]) + content[at + 1:]))
    for kind, (_, least) in TYPES.items():  # the edges of its lengths
        for flags in (3, 3 | OBJECT_UUID):
            for length in (0, 15, 16, least - 1, least, least + 15, least + 16, 5839, 5840, 5841, 65535):
                direction, content = pdu(source, kind, flags=flags, body=44)
                made.append(Pdu(direction, content[:8] + struct.pack("<H", length) + content[10:]))
    for _ in range(3000):  # a few bytes of the header anywhere
        direction, content = right(source)
        content = bytearray(content)
        for _ in range(source.randint(1, 3)):
            content[source.randrange(16)] = source.choice([0, 1, 2, 5, 16, 22, 23, 24, 255, source.randrange(256)])
        made.append(Pdu(direction ^ (source.random() < 0.1), bytes(content)))
    for _ in range(500):  # the first one with its end cut off, and noise
        direction, content = right(source)
        made.append(Pdu(direction, content[: source.randint(1, 24)]))
        made.append(Pdu(direction, source.randbytes(source.randint(1, 64))))
    return made


# ---- the two readers -------------------------------------------------------------------------------------------------------------


def by_gatewayd(pdus):
    data = b"".join(struct.pack("<BH", one.direction, len(one.bytes)) + one.bytes for one in pdus)
    lines = subprocess.run([PROBE], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    assert len(lines) == len(pdus)
    return [line.split(" ", 1) for line in lines]


def capture(pdus):
    """A pcap of raw IPv4: each PDU is the only segment of a connection of its own."""
    packets = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
    client, server = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
    for index, one in enumerate(pdus):
        ends = (client, server) if one.direction == FROM_CLIENT else (server, client)
        ports = (1700 + index, PORT) if one.direction == FROM_CLIENT else (PORT, 1700 + index)
        tcp = struct.pack(">HHIIBBHHH", *ports, 1, 1, 0x50, 0x18, 8192, 0, 0) + one.bytes
        packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends[0] + ends[1] + tcp
        packets.append(struct.pack("<IIII", 0, index, len(packet), len(packet)) + packet)
    return b"".join(packets)


def by_tshark(pdus, folder):
    """Fields, or None where tshark sees no DCE/RPC."""
    path = folder / "pdus.pcap"
    path.write_bytes(capture(pdus))
    command = ["tshark", "-n", "-r", str(path), "-d", f"tcp.port=={PORT},dcerpc", "-o", "tcp.desegment_tcp_streams:FALSE",
               "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f", "-e", "frame.number"]
    for name in ("ver", "ver_minor", "pkt_type", "cn_flags", "drep", "cn_frag_len", "cn_auth_len", "cn_call_id"):
        command += ["-e", f"dcerpc.{name}"]
    environment = {**os.environ, "HOME": str(folder), "WIRESHARK_CONFIG_DIR": str(folder)}
    printed = subprocess.run(["unshare", "--net", "--", *peers.jailed(command, folder / "jail")], env=environment, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout
    lines = [line.split("\t") for line in printed.splitlines()]
    assert [int(number) for number, *_ in lines] == list(range(1, len(pdus) + 1))
    return [fields_of(values) for _, *values in lines]


def fields_of(values):
    if not values[0]:
        return None
    representation = bytes.fromhex(values[4].replace(":", ""))
    return Fields(*[int(value, 0) for value in values[:4]], representation, *[int(value) for value in values[5:]])


# ---- the comparison --------------------------------------------------------------------------------------------------------------


def accepted(fields):
    """The line that the probe must print for what tshark saw."""
    order = "little" if fields.representation[0] >> 4 == 1 else "big"
    return f"{fields.minor} {fields.type} {fields.flags} {order} {fields.length} {fields.call}"


def verdict(one, ours, theirs):
    """What is wrong, or None."""
    outcome, words = ours
    if outcome == "accepted":
        if theirs is None:
            return "accepted, though tshark sees no DCE/RPC"
        if words != accepted(theirs):
            return f"tshark read {accepted(theirs)}"
        broken = [reason for reason, holds in REASONS.items() if theirs.type not in TYPES or holds(one.direction, theirs)]
        return f"accepted, though {broken}" if broken else None
    if theirs is not None and (words not in REASONS or not REASONS[words](one.direction, theirs)):
        return f"the reason is not so: tshark read {theirs}"
    return None


def test_the_header_is_read_as_tshark_reads_it(tmp_path):
    peers.need("tshark")
    if not PROBE.exists():
        pytest.skip("the probes are not built (./ck test netns)")
    pdus = corpus()
    ours, theirs = by_gatewayd(pdus), by_tshark(pdus, tmp_path)
    wrong = [f"{one.direction} {one.bytes[:16].hex()} {mine}: {what}" for one, mine, other in zip(pdus, ours, theirs)
             if (what := verdict(one, mine, other))]
    assert not wrong, f"{len(wrong)} of {len(pdus)}, the first ones:\n" + "\n".join(wrong[:20])
    seen = collections.Counter(words for (outcome, words), other in zip(ours, theirs) if outcome == "dropped" and other)
    assert seen.keys() == REASONS.keys() and min(seen.values()) >= 20, seen  # each rule has been put to the test
    assert sum(outcome == "accepted" for outcome, _ in ours) >= 3000
