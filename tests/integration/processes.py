"""What a local cloud runs and where it listens, read from /proc (proc(5)): Linux only."""

import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

linux = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="reads /proc, which only Linux has"
)


def processes(folder: Path) -> dict[int, str]:
    """Find the processes that work with files of a folder, each with its command (proc(5)).

    A zombie, which nothing can end but its parent, has neither command nor environment and is none of them.
    """
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if str(folder).encode() in command + environment:
                found[int(entry.name)] = command.replace(b"\0", b" ").decode()
    return found


def programs(home: str) -> list[int]:
    """Find the processes of the container whose home this is, but not those that look after it."""
    return [
        pid
        for pid, command in processes(Path(home)).items()
        if f"HOME={home}\0".encode() in _environment(pid) and "localcloud.containers" not in command
    ]


def parent(pid: int) -> int:
    """Give the process that is a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def fork_server(pid: int, folder: Path) -> int:
    """Find the server that forks the functions of the local cloud with this process and folder."""
    servers = [child for child, command in processes(folder).items() if "fork_server.py" in command]
    [server] = [child for child in servers if parent(child) == pid]
    return server


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def listeners(pid: int) -> set[str]:
    """Name the addresses on which a process accepts connections (proc(5), /proc/net/tcp).

    A process that has ended meanwhile accepts none.
    """
    try:
        return _listeners(pid)
    except (FileNotFoundError, ProcessLookupError):
        return set()


def _listeners(pid: int) -> set[str]:
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed meanwhile
            sockets.add(str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]"))
    found = set()
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                words = bytes.fromhex(fields[1].split(":")[0])
                packed = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
                found.add(socket.inet_ntop(family, packed))
    return found
