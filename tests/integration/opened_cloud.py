"""A local cloud in whose process a test may provoke faults."""

import json
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.integration.stack import ROOT
from tests.integration.wire import Cloud, eventually, launched

FAULTS = """
import threading

def act(how):
    if how == "raise":
        raise RuntimeError("provoked")
    if how == "end":
        raise SystemExit
    threading.Event().wait()

def once(owner, name, how):
    '''Let the next call fail; those after it go where they went before.'''
    had, original = name in vars(owner), getattr(owner, name)
    def fault(*args, **kwargs):
        if had:
            setattr(owner, name, original)
        else:
            delattr(owner, name)
        act(how)
    setattr(owner, name, fault)

def find(kind):
    import gc
    gc.unfreeze()  # what was made before the cloud was ready is frozen, and is not listed
    return [thing for thing in gc.get_objects() if isinstance(thing, kind)]
"""


@dataclass(frozen=True)
class OpenedCloud:
    """The cloud, and the way into its process."""

    cloud: Cloud
    door: str

    def run(self, source: str) -> str:
        """Carry out statements in the process; give what they print."""
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(30)
            door.connect(self.door)
            door.sendall(source.encode())
            door.shutdown(socket.SHUT_WR)
            with door.makefile() as stream:
                printed = stream.read()
        assert "Traceback" not in printed, printed
        return printed

    def threads(self) -> dict[str, dict[str, str]]:
        """Give what `/_sagestep/info` tells of threads, by their names."""
        with urllib.request.urlopen(f"{self.cloud.stack.endpoint}/_sagestep/info", timeout=30) as answer:
            return {row["name"]: row for row in json.load(answer)["threads"]}

    def wait_for(self, name: str, word: str, state: str = "repaired") -> None:
        """Wait until a thread is told to be in a state, with this word in its details."""

        def is_told(threads: dict[str, dict[str, str]]) -> bool:
            row = threads.get(name, {"state": "", "detail": ""})
            return row["state"] == state and word in row["detail"]

        eventually(self.threads, is_told, seconds=30)

    def log(self) -> str:
        return (self.cloud.folder / "log").read_text(encoding="utf-8")


@contextmanager
def opened(folder: Path) -> Iterator[OpenedCloud]:
    """Run such a cloud."""
    # The name of a socket may have some hundred bytes, and a test's folder has a long one.
    with tempfile.TemporaryDirectory() as short:
        door = str(Path(short, "door"))
        surroundings = {"PYTHONPATH": str(ROOT / "tests/integration/opened"), "TEST_DOOR": door}
        with launched(folder, **surroundings) as (_, cloud):
            inside = OpenedCloud(cloud, door)
            inside.run(FAULTS)
            yield inside
