"""How well this system can isolate programs: found out once, by trying."""

import sys
import tempfile
from enum import IntEnum
from functools import cache
from pathlib import Path

from localcloud.containers.container import ML
from localcloud.containers.supervised import SupervisedProcess
from localcloud.containers.supervisor.specification import Network, Specification

_PATH = "/usr/local/bin:/usr/bin:/bin"
_PROBE_SECONDS = 30.0
_ANY_PORT = 3128


class Isolation(IntEnum):
    """What a program can have for itself; each includes those before it."""

    NONE = 0
    """Nothing: it sees the folders, the processes and the network of this machine."""

    FOLDERS = 1
    """Folders such as ``/opt/ml`` (a mount namespace)."""

    FULL = 2
    """Processes, which all end with it, and a server's network (process and network namespaces)."""


@cache
def find_isolation() -> Isolation:
    """Try what this system allows."""
    if sys.platform != "linux":
        return Isolation.NONE
    return next((level for level in (Isolation.FULL, Isolation.FOLDERS) if _works(level)), Isolation.NONE)


def _works(level: Isolation) -> bool:
    with tempfile.TemporaryDirectory(prefix="probe-") as folder:
        root, log = Path(folder, "ml"), Path(folder, "log")
        root.mkdir()
        specification = Specification(
            command=["touch", f"{ML}/probe"],
            directory=folder,
            binds={ML: str(root)},
            has_own_processes=level is Isolation.FULL,
            network=Network(cloud=None, proxy_port=_ANY_PORT) if level is Isolation.FULL else None,
        )
        probe = SupervisedProcess(specification, {"PATH": _PATH}, log)
        return probe.wait(_PROBE_SECONDS) == 0 and (root / "probe").exists()
