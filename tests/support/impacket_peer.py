# SPDX-License-Identifier: MIT
"""A client and a server made with impacket. It runs where impacket seems to be installed (rpc_peers.py), never here.

    impacket_peer.py interfaces HOST     what the server's management interface lists, one a line
    impacket_peer.py endpoint HOST       the TCP port that its endpoint mapper names for lsarpc
    impacket_peer.py echo HOST HEX       what call 2 of the management interface answers to those bytes, in hex
    impacket_peer.py serve HOST          answers that call with the bytes in reverse; for ever, says "ready"
"""

import sys

from impacket.dcerpc.v5 import epm, lsat, mgmt
from impacket.dcerpc.v5.rpcrt import DCERPCServer
from impacket.dcerpc.v5.transport import TCPTransport
from impacket.uuid import bin_to_uuidtup

PORT = 135
MANAGEMENT = ("afa8bd80-7d8a-11c9-bef4-08002b102989", "1.0")
ECHO = 2  # is_server_listening, which has no arguments: what a stub holds is between the two ends here


def connected(host):
    rpc = TCPTransport(host, PORT).get_dce_rpc()
    rpc.connect()
    return rpc


def management(host):
    rpc = connected(host)
    rpc.bind(mgmt.MSRPC_UUID_MGMT)
    return rpc


def interfaces(host):
    answer = mgmt.hinq_if_ids(management(host))
    vector = answer["if_id_vector"]
    for index in range(vector["count"]):
        identifier = vector["if_id"][index]["Data"]
        print("{} {}".format(*bin_to_uuidtup(identifier.getData())))


def endpoint(host):
    where = epm.hept_map(host, lsat.MSRPC_UUID_LSAT, protocol="ncacn_ip_tcp", dce=connected(host))  # it binds itself
    print(where.split("[")[1].rstrip("]"))


def echo(host, stub):
    rpc = management(host)
    rpc.call(ECHO, bytes.fromhex(stub))
    print(rpc.recv().hex())


class Server(DCERPCServer):
    def __init__(self, host):
        super().__init__()
        self._listenAddress = host
        self.setListenPort(PORT)
        self.addCallbacks(MANAGEMENT, str(PORT), {ECHO: lambda stub: bytes(stub)[::-1]})


def serve(host):
    server = Server(host)
    server.start()
    print("ready", flush=True)
    server.join()


if __name__ == "__main__":
    {"interfaces": interfaces, "endpoint": endpoint, "echo": echo, "serve": serve}[sys.argv[1]](*sys.argv[2:])
