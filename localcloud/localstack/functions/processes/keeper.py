"""The process between the fork server and one function: nothing that the function starts outlives it.

It tells the local cloud, over its channel, ``started <pid> <its own pid>`` and ``ended <exit code>`` of the
function's process. When the channel is closed there, it ends the function and all that the function has
started; so it does when the function ends by itself, as on AWS the whole execution environment goes.
"""

import gc
import os
import select
import signal
import socket
from collections.abc import Callable

from localcloud.containers.supervisor import descendants


def keep(
    channel: socket.socket, api: socket.socket, output: int, run: Callable[[], None]
) -> Callable[[], None]:
    """Fork the function's process and watch over it; returns in that process only, with what it has to do."""
    gc.disable()
    descendants.adopt_orphans()
    woken = descendants.wake_at_the_end_of_a_child()
    function = os.fork()
    if function == 0:
        channel.close()
        woken.close()
        os.close(signal.set_wakeup_fd(-1))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        gc.enable()
        return run
    api.close()
    os.close(output)
    code = _wait(channel, woken, function) if _tell(channel, f"started {function} {os.getpid()}") else None
    if code is None:
        descendants.kill([function])
        descendants.kill_group(function)
    ended, is_any_left = descendants.end_all()
    _tell(channel, f"ended {ended.get(function, -signal.SIGKILL) if code is None else code}")
    os._exit(1 if is_any_left else 0)


def _wait(channel: socket.socket, woken: socket.socket, function: int) -> int | None:
    """Wait for the function and return its exit code; None where the local cloud closes the channel."""
    while True:
        ready, _, _ = select.select([channel, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            ended, _ = descendants.reap()
            if function in ended:
                return ended[function]
        if channel in ready:
            return None


def _tell(channel: socket.socket, line: str) -> bool:
    try:
        channel.sendall(f"{line}\n".encode())
    except OSError:  # the local cloud is gone
        return False
    return True
