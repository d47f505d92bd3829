"""What the local cloud tells a supervisor, before any order, on the supervisor's standard input.

Standard input is a socket. Only the local cloud holds its other end and gives orders; when the socket closes,
the local cloud has ended. First comes the length of the specification, then the
specification itself, as JSON: a command line would show it to every user, and is limited to 128 KiB.
"""

import json
import os
from collections.abc import Mapping, Sequence

LENGTH_BYTES = 4

TERMINATE = b"T"
"""The order to send SIGTERM to the program's process group."""

KILL = b"K"
"""The order to end everything at once."""

GIVE_SOCKET = b"S"
"""The order to send back a TCP socket of the container's network, which is not connected yet."""

# Neither `dataclasses` nor `typing`: to import them would take half as long as all the rest of a supervisor.


class Network:
    """A network of the container's own, with a loopback interface, and one to the other hosts of its job.

    - `cloud`: address and port of the local cloud; this port of the container's loopback interface leads
      there. None where the container finds it in another way.
    - `proxy_port`: the port of the container's loopback interface at which an HTTP proxy leads to every other
      address. None for no way out.
    - `joined`: descriptors of a network namespace that was made before, and of the user namespace that it
      belongs to, -1 for none. None for a new network without other hosts.
    """

    def __init__(
        self,
        *,
        cloud: tuple[str, int] | None,
        proxy_port: int | None,
        joined: tuple[int, int] | None = None,
    ) -> None:
        self.cloud = cloud
        self.proxy_port = proxy_port
        self.joined = joined

    def joining(self, joined: tuple[int, int]) -> "Network":
        """Give the same ways out of a network that was made before."""
        return Network(cloud=self.cloud, proxy_port=self.proxy_port, joined=joined)


class Specification:
    """What to run.

    - `binds`: what it sees in another place: a path in the container, and the directory or file here. None
      for no mount namespace.
    - `layers`: folders that it sees with its own changes: each with a folder, still to be made, for these.
      Only with a mount namespace.
    - `host_name`: the name of this machine in the container; None for its own. Only with a mount namespace.
    - `has_own_processes`: whether it gets a process namespace; only with a mount namespace.
    - `network`: a network of its own, only with a mount namespace; None for that of this machine.
    - `last_command`: a command to run before everything is killed; None for none.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        directory: str,
        binds: Mapping[str, str] | None = None,
        layers: Mapping[str, str] | None = None,
        host_name: str | None = None,
        has_own_processes: bool = False,
        network: Network | None = None,
        last_command: Sequence[str] | None = None,
    ) -> None:
        self.command = command
        self.directory = directory
        self.binds = binds
        self.layers = layers or {}
        self.host_name = host_name
        self.has_own_processes = has_own_processes
        self.network = network
        self.last_command = last_command

    def encode(self) -> bytes:
        """Give what goes over the socket."""
        network = None if self.network is None else vars(self.network)
        text = json.dumps(vars(self) | {"network": network}).encode()
        return len(text).to_bytes(LENGTH_BYTES, "big") + text


def read_specification(descriptor: int) -> Specification:
    """Read one from a descriptor, and nothing behind it; `EOFError` where it ends too early."""
    length = int.from_bytes(_read(descriptor, LENGTH_BYTES), "big")
    members = json.loads(_read(descriptor, length))
    if (network := members["network"]) is not None:
        cloud, joined = network["cloud"], network["joined"]
        members["network"] = Network(
            cloud=None if cloud is None else (cloud[0], cloud[1]),
            proxy_port=network["proxy_port"],
            joined=None if joined is None else (joined[0], joined[1]),
        )
    return Specification(**members)


def _read(descriptor: int, length: int) -> bytes:
    pieces = b""
    while len(pieces) < length:
        if not (piece := os.read(descriptor, length - len(pieces))):
            raise EOFError
        pieces += piece
    return pieces
