"""The parent of all functions' processes: imports once what they need, and forks for each environment.

Run by its path, without the ``site`` module. Arguments are the runtime directory and the names of services
that functions are likely to make clients of. Standard input is a socket. Each message on it is a
`function.Order` as JSON, after its length in four bytes, with which come three descriptors: the keeper's
channel, the Runtime API and the output. When the socket closes, the local cloud is gone, however it ended,
and all processes end.

It must stay single-threaded: a fork copies the thread that forks and no other.
"""

import gc
import os
import select
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[4])  # where our own package lies

from localcloud.containers.supervisor import descendants
from localcloud.localstack.functions.processes import function, keeper, preloaded

_LENGTH = struct.Struct("!I")
_DESCRIPTORS = 3
_END = object()


def main() -> None:
    """Import, then serve; in a forked process, be what it was forked for."""
    del sys.path[0]
    preloaded.hide("localcloud")
    orders = socket.socket(fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.umask(0o077)
    descendants.adopt_orphans()
    directory, *services = sys.argv[1:]
    sys.path.append(directory)
    models: Iterator[None] = iter(())
    if preloaded.CAN_BE_SHARED:
        preloaded.load()
        models = preloaded.read_models(services)
    _freeze()
    _serve(orders, models)()


def _freeze() -> None:
    """Keep the garbage collection of forked processes from writing to pages that are shared until then."""
    gc.collect()
    gc.freeze()


def _serve(orders: socket.socket, models: Iterator[None]) -> Callable[[], None]:
    """Fork for each order, and read models in between.

    Returns in a forked process only, with what that process has to do.
    """
    keepers: set[int] = set()
    woken = descendants.wake_at_the_end_of_a_child()
    is_reading = True
    while True:
        ready, _, _ = select.select([orders, woken], [], [], 0 if is_reading else None)
        if not ready:
            is_reading = next(models, _END) is not _END
            if not is_reading:
                _freeze()
        if woken in ready:
            woken.recv(4096)
            ended, _ = descendants.reap()
            if any(code != 0 or pid not in keepers for pid, code in ended.items()):
                # What a killed keeper has left behind is ours now.
                descendants.kill(descendants.children() - keepers)
            keepers -= ended.keys()
        if orders not in ready:
            continue
        received = _receive(orders)
        if received is None:
            descendants.end_all()
            os._exit(0)
        order, channel, api, output = received
        try:
            pid = os.fork()
        except OSError as error:  # the local cloud notices that the channel closes
            sys.stderr.write(f"cannot start a function's process: {error.strerror}\n")
        else:
            if pid == 0:
                orders.close()
                woken.close()
                return keeper.keep(channel, api, output, partial(function.run, order, api, output))
            keepers.add(pid)
        channel.close()
        api.close()
        os.close(output)


def _receive(orders: socket.socket) -> tuple[bytes, socket.socket, socket.socket, int] | None:
    try:
        head, descriptors, _, _ = socket.recv_fds(orders, _LENGTH.size, _DESCRIPTORS)
        if len(head) < _LENGTH.size or len(descriptors) < _DESCRIPTORS:
            return None
        order = bytearray()
        length = _LENGTH.unpack(head)[0]
        while len(order) < length:
            received = orders.recv(length - len(order))
            if not received:
                return None
            order += received
    except ConnectionError:
        return None
    channel, api, output = descriptors
    return bytes(order), socket.socket(fileno=channel), socket.socket(fileno=api), output


if __name__ == "__main__":
    main()
