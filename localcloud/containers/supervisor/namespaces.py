"""Linux namespaces: folders, a host name, processes and a network that a program has for itself.

Root needs no user namespace for them; others get one in which they stay who they are.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
from functools import partial
from pathlib import Path

from localcloud.containers.supervisor.layers import layer
from localcloud.containers.supervisor.specification import Specification

MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x2, 0x4, 0x8  # <sys/mount.h>
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # <sched.h>
CLONE_NEWUTS, CLONE_NEWPID, CLONE_NEWNET = 0x04000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1  # <sys/prctl.h>
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1  # <linux/sockios.h>, <net/if.h>


def enter(wanted: Specification) -> None:
    """Enter namespaces of our own; the next process that is forked is the first one of a process namespace.

    Raises `OSError` if the system does not allow it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNS | CLONE_NEWUTS
    joined = None if wanted.network is None else wanted.network.joined
    has_new_network = wanted.network is not None and joined is None
    flags |= wanted.has_own_processes * CLONE_NEWPID | has_new_network * CLONE_NEWNET
    if joined is not None:
        _join(library, *joined)
    if library.unshare(flags) != 0:
        own_user(library, flags | CLONE_NEWUSER)
    _mount(library, None, Path("/"), MS_REC | MS_PRIVATE)
    if wanted.host_name is not None:
        socket.sethostname(wanted.host_name)
    _bind(library, wanted)
    if has_new_network:
        _raise_loopback()


def own_user(library: ctypes.CDLL, flags: int) -> None:
    """Enter new namespaces, a user namespace among them, in which this process stays who it is."""
    user, group = os.geteuid(), os.getegid()
    check(library.unshare(flags), "unshare")
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")


def _join(library: ctypes.CDLL, network: int, user: int) -> None:
    """Enter a network that was made before, and the user namespace that it belongs to."""
    if user >= 0:
        check(library.setns(user, CLONE_NEWUSER), "setns")
        os.close(user)
    check(library.setns(network, CLONE_NEWNET), "setns")
    os.close(network)


def _bind(library: ctypes.CDLL, wanted: Specification) -> None:
    """Show folders in other places, outer ones first; what one hides can still be shown by another."""
    sources = {Path(path): Path(source) for path, source in (wanted.binds or {}).items()}
    for folder, scratch in wanted.layers.items():
        merged = layer(partial(_overlay, library), Path(folder), Path(scratch))
        for target in sources:
            if target.is_relative_to(folder):  # A copy lacks the part of it in which the copy lies.
                (merged / target.relative_to(folder)).mkdir(parents=True, exist_ok=True)
        sources[Path(folder)] = merged
    opened = {target: os.open(source, os.O_PATH) for target, source in sources.items()}
    for target, descriptor in sorted(opened.items(), key=lambda item: len(item[0].parts)):
        if not target.exists():
            _make_room(library, target)
        _mount(library, Path(f"/proc/self/fd/{descriptor}"), target, MS_BIND | MS_REC)
        os.close(descriptor)


def _overlay(library: ctypes.CDLL, target: bytes, options: bytes) -> bool:
    return bool(library.mount(b"overlay", target, b"overlay", 0, options) == 0)


def settle_as_first_process() -> None:
    """Prepare the first process of a process namespace: it ends with its parent, and /proc shows its own.

    Raises `OSError` if the system does not allow it.
    """
    library = ctypes.CDLL(None, use_errno=True)
    check(library.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    check(library.mount(b"proc", b"/proc", b"proc", flags, None), "mount on /proc")


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def _make_room(library: ctypes.CDLL, path: Path) -> None:
    """Make a mount point that does not exist, without a change that anybody else could see.

    Its nearest existing parent is covered by an empty file system, in which everything that was there is
    bound again, and the new directory made.
    """
    parent = next(folder for folder in path.parents if folder.is_dir())
    if parent == Path("/"):
        raise OSError(f"neither {path} nor the folder above it exists")
    # The old content stays reachable through a descriptor of it, wherever it is hidden.
    old = Path(f"/proc/self/fd/{os.open(parent, os.O_PATH | os.O_DIRECTORY)}")
    entries = list(parent.iterdir())
    check(library.mount(b"tmpfs", bytes(parent), b"tmpfs", 0, b"mode=0755"), f"mount on {parent}")
    for here in entries:
        there = old / here.name
        if there.is_symlink():
            here.symlink_to(there.readlink())
            continue
        here.mkdir() if there.is_dir() else here.touch()
        _mount(library, there, here, MS_BIND | MS_REC)
    path.mkdir(parents=True)


def _mount(library: ctypes.CDLL, source: Path | None, target: Path, flags: int) -> None:
    origin = b"none" if source is None else bytes(source)
    check(library.mount(origin, bytes(target), None, flags, None), f"mount on {target}")


def check(result: int, what: str) -> None:
    """Raise the error of a call of the C library, unless its result is 0."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
