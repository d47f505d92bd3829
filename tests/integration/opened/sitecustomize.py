"""Opens a local cloud for a test: Python imports this where PYTHONPATH names its folder.

The launcher then becomes the runtime without a new program, and a thread carries out what a test sends to the
socket that ``TEST_DOOR`` names. So a test provokes inside the process what no request can.
"""

import contextlib
import io
import os
import runpy
import socket
import threading
import traceback
from collections.abc import Mapping, Sequence

DOOR = os.environ.get("TEST_DOOR")


def become(executable: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Stand in for `os.execve`."""
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=serve, name="door", daemon=True).start()
    runpy.run_module(command[-1], run_name="__main__")


def serve() -> None:
    """Carry out what is sent, each time in the same namespace, and answer what it prints."""
    assert DOOR is not None
    names: dict[str, object] = {}
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(DOOR)
        door.listen()
        while True:
            visitor, _ = door.accept()
            with visitor, visitor.makefile("rw") as stream:
                printed = io.StringIO()
                try:
                    with contextlib.redirect_stdout(printed):
                        exec(stream.read(), names)  # noqa: S102 - that is what the door is for
                except BaseException:
                    printed.write(traceback.format_exc())
                stream.write(printed.getvalue())


if DOOR:
    os.execve = become  # type: ignore[assignment]
