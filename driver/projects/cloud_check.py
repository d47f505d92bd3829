"""Asks the local cloud's code whether it would take definitions; no cloud has to run for that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.model.exceptions import EnvironmentNotReadyError

_MODULE = "localcloud.localstack.check"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a definition is refused; `location` is such as `/States/Train/Next`, or empty.

    `is_warning`: it is not refused, but a field of it has no effect.
    """

    message: str
    location: str
    is_warning: bool = False


class CloudCheck:
    """A process of the driver's Python with the local cloud's code; it starts while definitions are read."""

    def __init__(self, installation: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            cwd=installation,
            env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ask(self, definitions: Sequence[tuple[str, str]]) -> list[list[Refusal]]:
        """Return the refusals of each definition: its kind, `pipeline` or `state_machine`, and its text.

        Can be asked once.
        """
        asked = json.dumps([{"kind": kind, "text": text} for kind, text in definitions])
        said, failed = self._process.communicate(asked)
        if self._process.returncode:
            raise EnvironmentNotReadyError(
                "The definitions cannot be checked.",
                f"{_MODULE} ended with {self._process.returncode}:\n{failed.strip()[-1000:]}",
                "Install sagestep anew: its own files are not whole.",
            )
        answers = json.loads(said)
        return [
            [Refusal(one["message"], one["location"], one["severity"] == "WARNING") for one in answer]
            for answer in answers
        ]

    def close(self) -> None:
        """End the process, if it was not asked."""
        self._process.kill()
        self._process.communicate()
