"""`invoke predict`: sends rows to an endpoint and shows the predictions."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from driver.commands.context import Command
from driver.commands.predicted_rows import as_csv
from driver.executions.endpoints import choose_endpoint
from driver.host.wording import counted
from driver.model.documents import Document
from driver.model.exceptions import WrongUseError

_CSV, _JSON = "text/csv", "application/json"
_TARGET = "target"  # the column of the sample data that is predicted


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a row: a class, and how probable each class is, from 0 to 1."""

    label: str
    probabilities: tuple[float, ...] = ()


class Predict(Command):
    """Asks an endpoint for predictions."""

    def __call__(self, endpoint: str | None, data: Path | None, rows: Sequence[str]) -> None:
        """Send rows and show a prediction for each.

        Parameters
        ----------
        endpoint
            None for the only one there is.
        data
            A table, with a header or without; another kind than CSV is made CSV where that is certain.
        rows
            Rows as typed, comma-separated; used without a file.
        """
        body = _read_rows(data, rows, self.console.aside)
        name = endpoint or choose_endpoint(self.deployed, None).name
        answer = self.ask(name, body)
        predictions = read_predictions(answer)
        truths = _truths(body.decode("utf-8-sig", "replace"), len(predictions))
        document = _document(name, answer, predictions, truths)
        self.console.present(document, lambda: self._show(answer, predictions, truths))

    def ask(self, endpoint: str, body: bytes) -> str:
        """Send rows, CSV, to an endpoint; returns its answer, JSON if it is one of this project's models."""
        return self.deployed.connection.hosting.invoke(endpoint, body, _CSV, _JSON).decode("utf-8", "replace")

    def _show(self, answer: str, predictions: Sequence[Prediction], truths: Sequence[str]) -> None:
        """Show the first predictions as a table, with the truth where the rows have it; else as they came."""
        if not predictions:
            self.console.say(answer.rstrip("\n"))
            return
        columns = ["row", "prediction", "probability", *([_TARGET] if truths else [])]
        lines = []
        for number, prediction in enumerate(predictions[: self.settings.rows]):
            probability = max(prediction.probabilities, default=0.0)
            line = [str(number + 1), prediction.label, f"{probability:.3f}", *truths[number : number + 1]]
            lines.append(line)
        self.console.table(columns, lines)
        if len(lines) < len(predictions):
            said = f"the first {len(lines)} of {counted(len(predictions), 'row')}; --rows shows more"
            self.console.say(said, style="dim")
        if truths:
            right = _count_right(predictions, truths)
            self.console.say(
                f"{right} of {counted(len(truths), 'prediction')} "
                f"{'equals' if right == 1 else 'equal'} the column {_TARGET}. "
                "That measures the model only if it was not trained on these rows."
            )


def _document(
    endpoint: str, answer: str, predictions: Sequence[Prediction], truths: Sequence[str]
) -> Document:
    return {
        "version": 1,
        "endpoint": endpoint,
        "predictions": [
            {
                "row": number + 1,
                "prediction": prediction.label,
                "probabilities": list(prediction.probabilities),
                "target": truths[number] if truths else None,
            }
            for number, prediction in enumerate(predictions)
        ],
        "right": _count_right(predictions, truths) if truths else None,
        "answer": None if predictions else answer,
    }


def _truths(body: str, predictions: int) -> list[str]:
    """Return the column that is predicted, where the rows have it."""
    table = [row for row in csv.reader(body.splitlines()) if row]
    if not predictions or _TARGET not in table[0] or len(table) != predictions + 1:
        return []
    return [row[table[0].index(_TARGET)] for row in table[1:]]


def _count_right(predictions: Sequence[Prediction], truths: Sequence[str]) -> int:
    return sum(
        _is_same(prediction.label, truth) for prediction, truth in zip(predictions, truths, strict=True)
    )


def _is_same(label: str, truth: str) -> bool:
    """Compare two classes: as numbers where both are, so that `1` is `1.0`; else as texts."""
    try:
        return float(truth) == float(label)
    except ValueError:
        return truth == label


def _read_rows(data: Path | None, rows: Sequence[str], tell: Callable[[str], None]) -> bytes:
    if (data is None) == (not rows):
        raise WrongUseError(
            "It is not clear what to predict.", "", "Give either --data FILE or --row 1,2,3 …."
        )
    body = as_csv(data, tell) if data else "".join(f"{row}\n" for row in rows).encode()
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
