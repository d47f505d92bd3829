"""`invoke predict`: rows in, what the model says of each out."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.commands.deployed import open_deployment
from driver.commands.endpoints import choose_endpoint
from driver.console import Console
from driver.exceptions import WrongUseError
from driver.ports import Connect, Target
from driver.workspace import Workspace

_CSV, _JSON = "text/csv", "application/json"
_TARGET = "target"  # the column of the sample data that is predicted


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a row: a class, and how probable each class is, from 0 to 1."""

    label: str
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Predict:
    """Asks an endpoint for predictions."""

    workspace: Workspace
    target: Target
    connect: Connect
    console: Console

    def __call__(self, endpoint: str | None, data: Path | None, rows: Sequence[str]) -> None:
        """Send rows of a CSV file, or rows as typed, and show what the model says of each.

        Parameters
        ----------
        endpoint
            None for the only one.
        data
            A CSV file, with a header or without.
        rows
            Comma-separated numbers, each a row; used without a file.
        """
        body = _read_rows(data, rows)
        deployed = open_deployment(self.workspace, self.target, self.connect)
        name = endpoint or choose_endpoint(deployed, None).name
        answer = deployed.connection.hosting.invoke(name, body, _CSV, _JSON)
        self._show(answer.decode("utf-8", "replace"), body.decode("utf-8-sig", "replace"))

    def _show(self, answer: str, body: str) -> None:
        """Show predictions as a table, with the truth where the rows have it; else as they came."""
        predictions = read_predictions(answer)
        if not predictions:
            self.console.say(answer.rstrip("\n"))
            return
        table = [row for row in csv.reader(body.splitlines()) if row]
        has_truth = _TARGET in table[0] and len(table) == len(predictions) + 1
        truths = [row[table[0].index(_TARGET)] for row in table[1:]] if has_truth else []
        columns = ["row", "prediction", "probability", *([_TARGET] if truths else [])]
        lines = []
        right = 0
        for number, prediction in enumerate(predictions):
            label = prediction.label
            probability = max(prediction.probabilities, default=0.0)
            lines.append([str(number + 1), label, f"{probability:.3f}", *truths[number : number + 1]])
            right += bool(truths) and float(truths[number]) == float(label)
        self.console.table(columns, lines)
        if truths:
            self.console.say(f"{right} of {len(truths)} are right: {right / len(truths):.1%}")


def _read_rows(data: Path | None, rows: Sequence[str]) -> bytes:
    if (data is None) == (not rows):
        raise WrongUseError(
            "It is not clear what to predict.", "", "Give either --data FILE or --row 1,2,3 …."
        )
    body = data.read_bytes() if data else "".join(f"{row}\n" for row in rows).encode()
    if not body.strip():
        raise WrongUseError(f"{data or 'The row'} is empty.", "There is nothing to predict.")
    return body


def read_predictions(answer: str) -> list[Prediction]:
    """Read what this project's container answers; nothing if it is of another shape."""
    try:
        return [
            Prediction(str(found["predicted_label"]), tuple(map(float, found.get("probabilities", ()))))
            for found in json.loads(answer)["predictions"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
