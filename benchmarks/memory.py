"""The peak memory of processes that come and go, read from /proc (proc(5), VmHWM): Linux only."""

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
