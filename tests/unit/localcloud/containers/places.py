"""What the tests of isolation share: programs of a few lines, and what the machine can see of them."""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from localcloud.containers.container import Container, Run
from localcloud.containers.isolation import Isolation, find_isolation
from localcloud.containers.program import ProgramImage
from localcloud.containers.registry import Entry

MINUTE = 60.0


def skip_unless(isolation: Isolation) -> None:
    """Skip a test where the system does not offer this."""
    if find_isolation() < isolation:
        pytest.skip(f"this system does not offer {isolation.name}")


def start(
    folder: Path,
    source: str,
    isolation: Isolation = Isolation.FULL,
    *,
    serves: bool = False,
    is_isolated: bool = False,
    host_name: str | None = None,
    environment: Mapping[str, str] = {},
    **variables: str,
) -> Container:
    """Start a program of this source."""
    skip_unless(isolation)
    (folder / "ml").mkdir(exist_ok=True)
    (folder / "program.py").write_text(source, "utf-8")
    command = ("python", "program.py")
    entry = Entry("*", folder, sys.executable, {"train": command, "serve": command}, {})
    name = "serve" if serves else "train"
    run = Run(
        command=(name,),
        environment={**environment, **variables},
        ml_root=folder / "ml",
        log=folder / "log",
        serves=serves,
        is_isolated=is_isolated,
        host_name=host_name,
    )
    return ProgramImage(entry, isolation=isolation).start(run)


def log(folder: Path) -> str:
    return (folder / "log").read_text("utf-8")


def eventually(is_so: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def marked(mark: str) -> list[int]:
    """Find the processes of this machine that have a variable MARK of this value; a zombie has none."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if f"MARK={mark}\0".encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def connected(container: Container) -> socket.socket:
    """Connect to a server as soon as it listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return container.connect(5.0)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody listens"
            assert container.wait(0.02) is None, "the server has ended"
