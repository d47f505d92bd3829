"""The hosts of a job with several instances: how they are called, and where they find each other.

Where Linux allows it, each host has a network namespace with an ``eth0`` of its own, and all of them are on
one bridge (`localcloud.containers.supervisor.cluster`): each may listen on the same port of every address.
Elsewhere they share the network of this machine, and each has a loopback address of its own; on macOS, which
has only one of these, the same one.
"""

import itertools
import logging
import os
import random
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import localcloud
from localcloud.containers.supervisor.cluster import address_of

LOG = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"

_ROOT = str(Path(localcloud.__file__).resolve().parents[1])
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from localcloud.containers.supervisor.cluster import main; main()"
)
_SECONDS_TO_ANSWER = 30.0
_LOOPBACK_NETWORKS = 254 * 256  # 127.1.0.0/24 to 127.254.255.0/24
# Jobs at the same time have different ones; so, nearly always, have those of another local cloud.
_NEXT = itertools.count(random.randrange(_LOOPBACK_NETWORKS))  # noqa: S311 - no secret


@dataclass(slots=True)
class Cluster:
    """The hosts of one job.

    - `addresses`: by the hosts' names.
    - `namespaces`: for each host the descriptors of its network namespace and of the user namespace that
      this belongs to, -1 for that of this process; empty where the hosts share this machine's network.
    """

    addresses: Mapping[str, str]
    namespaces: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    _descriptors: Sequence[int] = ()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the network up; containers that are still in it keep it."""
        for descriptor in self._descriptors:
            os.close(descriptor)


def loopback_cluster(names: Sequence[str]) -> Cluster:
    """Give each host a loopback address of its own, where this machine has such."""
    second, third = divmod(next(_NEXT) % _LOOPBACK_NETWORKS, 256)
    own = {name: f"127.{1 + second}.{third}.{number}" for number, name in enumerate(names, start=1)}
    return Cluster(own if _can_listen(own[names[0]]) else dict.fromkeys(names, LOOPBACK))


def own_cluster(names: Sequence[str]) -> Cluster:
    """Give each host a network namespace; loopback addresses where the system cannot connect such."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(_SECONDS_TO_ANSWER)
        with theirs:
            maker = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, _ROOT, str(len(names))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env={},
            )
        try:
            has_user, descriptors, _, _ = socket.recv_fds(ours, 1, len(names) + 2)
        except TimeoutError:
            has_user, descriptors = b"", []
            maker.kill()
        _, said = maker.communicate()
    if not descriptors:
        LOG.warning(
            "This system cannot connect networks of programs: hosts of jobs share the machine's (%s).",
            said.decode("utf-8", "replace").strip().rpartition("\n")[2],
        )
        return loopback_cluster(names)
    user = descriptors[0] if has_user == b"U" else -1
    hosts = descriptors[-len(names) :]
    return Cluster(
        {name: address_of(number) for number, name in enumerate(names, start=1)},
        {name: (host, user) for name, host in zip(names, hosts, strict=True)},
        descriptors,
    )


def _can_listen(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
