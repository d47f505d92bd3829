"""The parent of a Terraform process: it lets Terraform end cleanly if its `invoke` is killed.

Run as a script with two file descriptors, the name of a file, and Terraform's command.

The first descriptor says nothing: the kernel closes it when the driver ends, however that happens. Terraform
is then interrupted, which lets it write its state. A Terraform that nobody listens to would stop at its next
word: what it still says is read from the second descriptor, and written to the file. At last the whole
process group is killed, so that no provider outlives its Terraform.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

_CLEAN_SECONDS = 300.0  # that Terraform has to end by itself once the driver is gone


def main(arguments: list[str]) -> int:
    """Run one command.

    `arguments`: the descriptor that is closed with the driver; that of Terraform's output, to read from; the
    file for what the driver did not hear; the command.
    """
    driver, output, unheard, command = int(arguments[0]), int(arguments[1]), arguments[2], arguments[3:]
    if os.getpgrp() != os.getpid():
        os.setsid()  # the group that is ended is its own, however it was started
    started: list[subprocess.Popen[bytes]] = []
    interrupted: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        interrupted.append(number)
        for child in started:
            child.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    # A signal that is handled here has its default meaning in a child, even where it was ignored before.
    # It has the reading end of its output too: SIGPIPE does not end it even if this process is killed.
    terraform = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(output,))
    started.append(terraform)
    if interrupted:
        terraform.send_signal(signal.SIGINT)
    is_deserted = threading.Event()

    def watch() -> None:
        os.read(driver, 1)
        is_deserted.set()
        terraform.send_signal(signal.SIGINT)
        end = threading.Timer(_CLEAN_SECONDS, os.killpg, (0, signal.SIGKILL))
        end.daemon = True
        end.start()
        file = os.open(unheard, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        while said := os.read(output, 65536):
            os.write(file, said)

    listener = threading.Thread(target=watch, daemon=True)
    listener.start()
    code = terraform.wait()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)  # a provider that Terraform has left
    if is_deserted.is_set():
        os.close(sys.stdout.fileno())  # the last one who writes: the listener comes to the end
        os.close(sys.stderr.fileno())
        listener.join(timeout=5)
        os.killpg(0, signal.SIGKILL)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # the listener is not waited for
