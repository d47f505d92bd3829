"""What the objects of one `Project` share: its settings, its deployment, and where progress is told."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from driver.aws.explain import explain
from driver.commands.context import Context
from driver.executions.deployed import Deployed
from driver.host.console import Console
from driver.host.privacy import private_files
from driver.model.exceptions import InterruptedByUserError
from driver.settings.options import MOST_AT_ONCE, whole_number

_WRITING = threading.RLock()  # the mode of new files is the process's: two threads must not change it at once

OnProgress = Callable[[str], object] | None
"""Called with each line of progress and each warning; None for nobody."""


@dataclass(frozen=True, slots=True)
class Session:
    """The context in which the commands do what Python asks for."""

    context: Context

    @property
    def deployed(self) -> Deployed:
        """The deployment; raises `NotDeployedError` if there is none."""
        return self.context.deployed

    def limits(self, timeout: float | None, parallel: int | None) -> tuple[float, int]:
        """Return how many seconds each execution may take, and how many may run at once.

        None is what the settings say. Raises `WrongUseError` if it is not 1 to 100 that may run at once.
        """
        settings = self.context.settings
        return (
            settings.timeout if timeout is None else timeout,
            settings.parallel
            if parallel is None
            else whole_number(str(parallel), "parallel", 1, MOST_AT_ONCE),
        )

    @contextmanager
    def working(self, *, writes: bool = False) -> Iterator[None]:
        """Turn errors of AWS and of files into the driver's, and Ctrl-C into Python's.

        `writes`: whether files of the project's folder `.sagestep` are written: nobody else may read them.
        """
        try:
            if writes:
                with _WRITING, private_files():
                    yield
            else:
                yield
        except InterruptedByUserError as error:
            raise KeyboardInterrupt(str(error)) from error
        except (OSError, BotoCoreError, ClientError) as error:
            raise explain(error) from error


def silent(on_progress: OnProgress) -> Console:
    """Make a console that prints nothing and tells `on_progress` of each line."""
    lines = _Lines(on_progress)
    return Console(out=lines, err=lines)


class _Lines(io.StringIO):
    """A file whose lines are handed to a function."""

    def __init__(self, on_line: OnProgress) -> None:
        super().__init__()
        self._on_line = on_line
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if self._on_line and line.strip():
                self._on_line(line.rstrip())
        return len(text)
