"""The memory of processes, read from /proc (proc(5): VmHWM, smaps_rollup): Linux only."""

import re
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_SECONDS_BETWEEN_LOOKS = 0.05


class PeakMemory:
    """Watches every process whose command line holds some words; the kernel keeps each one's peak.

    Parameters
    ----------
    words
        What the command line must hold.
    """

    def __init__(self, *words: str) -> None:
        self.megabytes = 0.0
        self._words = [word.encode() for word in words]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    command = (process / "cmdline").read_bytes()
                    if all(word in command for word in self._words):
                        status = (process / "status").read_text(encoding="ascii", errors="replace")
                        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
                        self.megabytes = max(self.megabytes, int(peak[1]) / 1024 if peak else 0)
                except OSError:
                    continue  # it has ended


def below(root: int) -> float:
    """Give the megabytes that all processes below one take together; what several share counts once."""
    parents = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(process.name)] = int((process / "stat").read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            continue  # it has ended
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sum(_proportional_kilobytes(pid) for pid in found - {root}) / 1024


def _proportional_kilobytes(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    share = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    return int(share[1]) if share else 0
