"""Containers that are functions: what a program would do happens as the container starts."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from localcloud.containers.container import Usage
from localcloud.containers.images import ContainerError, Images, Run

DEADLINE = 20.0

Program = Callable[["FakeContainer"], int | None]
"""Does its work and gives its exit code, or None to go on until it is told to end."""


class FakeContainer:
    """A container that ends at once, or when it is told to."""

    def __init__(self, run: Run, ignores_term: bool) -> None:
        self.run = run
        self.signals: list[str] = []
        self._ignores_term = ignores_term
        self._code: int | None = None
        self._changed = threading.Condition()

    def write(self, path: str, text: str) -> None:
        file = self.run.ml_root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def say(self, *lines: str) -> None:
        with self.run.log.open("a", encoding="utf-8") as log:
            log.writelines(f"{line}\n" for line in lines)

    def read(self, path: str) -> str:
        return (self.run.ml_root / path).read_text("utf-8")

    def end(self, code: int | None) -> None:
        with self._changed:
            self._code = code if self._code is None else self._code
            self._changed.notify_all()

    def connect(self, timeout: float) -> socket.socket:
        raise ConnectionRefusedError

    def usage(self) -> Usage | None:
        return None

    def wait(self, timeout: float | None = None) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._code is not None, timeout and min(timeout, 0.01))
            return self._code

    def terminate(self) -> None:
        self.signals.append("TERM")
        if not self._ignores_term:
            self.end(143)

    def kill(self) -> None:
        self.signals.append("KILL")
        self.end(137)

    def stop(self, grace_seconds: float) -> None:
        assert grace_seconds > 0
        self.terminate()
        self.kill()


class FakeImages(Images):
    """One image for every URI but ``missing``."""

    def __init__(self, program: Program = lambda _: 0, *, ignores_term: bool = False) -> None:
        super().__init__(None)
        self.program = program
        self.ignores_term = ignores_term
        self.containers: list[FakeContainer] = []
        self.started = threading.Semaphore(0)
        self.folders: list[Path] = []

    def require(self, image_uri: str, is_wanted: Callable[[], bool] = lambda: True) -> "FakeImages":
        if image_uri == "missing":
            raise ContainerError("Requested image missing not found.")
        return self

    def start(self, run: Run) -> FakeContainer:
        container = FakeContainer(run, self.ignores_term)
        self.folders.append(run.ml_root.parent)
        container.end(self.program(container))
        self.containers.append(container)
        self.started.release()
        return container

    def await_start(self) -> FakeContainer:
        assert self.started.acquire(timeout=DEADLINE), "no container was started"
        return self.containers[-1]
