"""A network between the containers of one job: a namespace for each, all on one bridge.

Run in a process of its own, which hands over descriptors of the namespaces and ends; they live as long as a
descriptor is open or a process is in them. Root needs no user namespace for them; others get one, which the
containers enter too. Interfaces are made by netlink (rtnetlink(7)), as ``ip link add type veth`` does.
"""

import ctypes
import os
import socket
import struct
import sys

from localcloud.containers.supervisor.namespaces import CLONE_NEWNET, CLONE_NEWUSER, check, own_user

_PREFIX_BITS = 24
_INTERFACE = "eth0"
_BRIDGE = "cluster"
_REQUEST, _ACK, _EXCLUSIVE, _CREATE = 0x1, 0x4, 0x200, 0x400  # <linux/netlink.h>
_NEWLINK, _NEWADDR = 16, 20  # <linux/rtnetlink.h>
_NAME, _MASTER, _LINK_INFO, _NAMESPACE = 3, 10, 18, 28  # <linux/if_link.h>, IFLA_*
_KIND, _DATA, _PEER = 1, 2, 1  # IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER
_ADDRESS, _LOCAL = 1, 2  # <linux/if_addr.h>
_UP = 0x1  # <linux/if.h>


def main() -> None:
    """Make the namespaces; standard input is a socket, over which their descriptors go."""
    user, hub, *hosts = make(int(sys.argv[2]))
    with socket.socket(fileno=0) as host:
        socket.send_fds(host, [b"U" if user >= 0 else b"N"], [*([user] if user >= 0 else []), hub, *hosts])


def make(count: int) -> list[int]:
    """Make a network of so many hosts.

    Gives descriptors: of the user namespace (-1 for none), of the namespace with the bridge, of each host's.
    Raises `OSError` if the system does not allow it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    user = -1
    if library.unshare(CLONE_NEWNET) != 0:
        own_user(library, CLONE_NEWUSER | CLONE_NEWNET)
        user = os.open("/proc/self/ns/user", os.O_RDONLY)
    hub = _current()
    hosts = []
    for _ in range(count):
        check(library.unshare(CLONE_NEWNET), "unshare")
        hosts.append(_current())
    check(library.setns(hub, CLONE_NEWNET), "setns")
    with _netlink() as kernel:
        _ask(kernel, _NEWLINK, _link(), (_NAME, _text(_BRIDGE)), (_LINK_INFO, _attribute(_KIND, b"bridge")))
        _raise(kernel, _BRIDGE)
        bridge = struct.pack("I", socket.if_nametoindex(_BRIDGE))
        for number, host in enumerate(hosts):
            name = f"host{number}"
            peer = (
                _link()
                + _attribute(_NAME, _text(_INTERFACE))
                + _attribute(_NAMESPACE, struct.pack("I", host))
            )
            pair = _attribute(_KIND, b"veth") + _attribute(_DATA, _attribute(_PEER, peer))
            _ask(kernel, _NEWLINK, _link(), (_NAME, _text(name)), (_MASTER, bridge), (_LINK_INFO, pair))
            _raise(kernel, name)
    for number, host in enumerate(hosts, start=1):
        check(library.setns(host, CLONE_NEWNET), "setns")
        address = socket.inet_aton(address_of(number))
        with _netlink() as kernel:
            for interface in ("lo", _INTERFACE):
                _raise(kernel, interface)
            index = socket.if_nametoindex(_INTERFACE)
            body = struct.pack("BBBBI", socket.AF_INET, _PREFIX_BITS, 0, 0, index)
            _ask(kernel, _NEWADDR, body, (_LOCAL, address), (_ADDRESS, address))
    return [user, hub, *hosts]


def address_of(number: int) -> str:
    """Give the address of a host; the first is number 1."""
    return f"10.0.0.{number}"


def _current() -> int:
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def _netlink() -> socket.socket:
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    kernel.bind((0, 0))
    return kernel


def _link(index: int = 0, flags: int = 0) -> bytes:
    return struct.pack("BxHiII", socket.AF_UNSPEC, 0, index, flags, flags)


def _text(name: str) -> bytes:
    return name.encode() + b"\0"


def _attribute(kind: int, data: bytes) -> bytes:
    length = 4 + len(data)
    return struct.pack("HH", length, kind) + data + b"\0" * (-length % 4)


def _raise(kernel: socket.socket, name: str) -> None:
    _send(kernel, _NEWLINK, 0, _link(socket.if_nametoindex(name), _UP))


def _ask(kernel: socket.socket, kind: int, body: bytes, *attributes: tuple[int, bytes]) -> None:
    encoded = b"".join(_attribute(name, data) for name, data in attributes)
    _send(kernel, kind, _CREATE | _EXCLUSIVE, body + encoded)


def _send(kernel: socket.socket, kind: int, flags: int, body: bytes) -> None:
    """Send a request, and read the kernel's answer to it: an error number, 0 for none."""
    kernel.send(struct.pack("IHHII", 16 + len(body), kind, _REQUEST | _ACK | flags, 1, 0) + body)
    code = -struct.unpack_from("i", kernel.recv(1 << 16), 16)[0]
    if code:
        raise OSError(code, f"netlink: {os.strerror(code)}")
