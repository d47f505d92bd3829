"""The supervisor: makes the container, waits for its end, and exits as the program did (128 + n: signal n).

No process of a container outlives it: when it ends, the container's first process ends, and so do all others.
"""

import os
import signal
import socket
import sys

from localcloud.containers.supervisor import descendants, namespaces
from localcloud.containers.supervisor.init import NO_NAMESPACE, Init, run_last_command, say
from localcloud.containers.supervisor.specification import Network, read_specification

_BACKLOG = 128
_LOOPBACK = "127.0.0.1"


def main() -> None:
    """Run the program that standard input describes, to its end."""
    wanted = read_specification(0)
    has_way_out = wanted.network is not None and _ports(wanted.network)
    relay = _start_relay(wanted.network) if wanted.network is not None and has_way_out else None
    if wanted.binds is not None:
        try:
            namespaces.enter(wanted)
            if relay is not None:
                assert wanted.network is not None
                _listen_for(relay, wanted.network)
        except OSError as error:
            say(f"cannot make namespaces: {error}")
            sys.exit(NO_NAMESPACE)
    if not wanted.has_own_processes:
        descendants.adopt_orphans()
    lifeline, our_end = os.pipe()
    init = os.fork()
    if init == 0:
        os.close(our_end)
        if relay is not None:
            relay.close()
        Init(wanted, lifeline).run()
    os.close(0)  # The orders are the first process's.
    while (ended := os.wait())[0] != init:
        pass
    code = os.waitstatus_to_exitcode(ended[1])
    if not wanted.has_own_processes:
        if code == -signal.SIGKILL:  # It could end nothing.
            run_last_command(wanted)
        descendants.end_all()
    os._exit(code if code >= 0 else 128 - code)


def _start_relay(network: Network) -> socket.socket:
    """Start the process that stays in the network of this machine; return our end of the socket to it."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        from localcloud.containers.supervisor.relay import run  # noqa: PLC0415 - for servers alone

        ours.close()
        os.close(0)
        run(network, theirs)
        os._exit(0)
    theirs.close()
    return ours


def _ports(network: Network) -> list[int]:
    """Give the ports that lead out of a network: the proxy's, the local cloud's."""
    cloud = None if network.cloud is None else network.cloud[1]
    return [port for port in (network.proxy_port, cloud) if port is not None]


def _listen_for(relay: socket.socket, network: Network) -> None:
    """Listen in the network of the container, and send the listeners to the relay."""
    listeners = [socket.create_server((_LOOPBACK, port), backlog=_BACKLOG) for port in _ports(network)]
    socket.send_fds(relay, [b"L"], [listener.fileno() for listener in listeners])
    for listener in listeners:
        listener.close()
