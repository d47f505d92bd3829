"""DataProcessing of a transform job: which part of a record the model gets, and what is joined to its answer.

Rules are those of the developer guide, "Associate Prediction Results with Input Records": a row of CSV is a
JSON array, to which the answer's row is appended; a JSON object gets the answer as its ``SageMakerOutput``;
what is no object becomes ``SageMakerInput`` beside it. Filters are JSONPath: names, indices, slices, lists.
"""

import csv
import io
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from localcloud.sagemaker.jobs.records import PayloadError

CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonlines"

_PART = re.compile(
    r"\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|\[(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\]"
    r"|\[(?P<ranges>(?:-?\d+|-?\d*:(?:-?\d+)?)(?:\s*,\s*(?:-?\d+|-?\d*:(?:-?\d+)?))*)\]"
)

Part = tuple[str | slice | int, ...]
"""Names of members, or places in an array."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Selects a portion of a JSON value."""

    parts: tuple[Part, ...]

    def select(self, value: object) -> object:
        """Give the portion. Raises `PayloadError` if the value has no such member or place."""
        for part in self.parts:
            value = _select(value, part)
        return value


def parse_json_path(text: str) -> JsonPath:
    """Read a filter; ``ValueError`` where it is none."""
    parts: list[Part] = []
    position = 1
    while text.startswith("$") and position < len(text):
        match = _PART.match(text, position)
        if match is None:
            break
        if match["name"] is not None:
            parts.append((match["name"],))
        elif match["names"] is not None:
            parts.append(tuple(re.findall(r"'([^']*)'", match["names"])))
        else:
            parts.append(tuple(_range(item.strip()) for item in match["ranges"].split(",")))
        position = match.end()
    if not text.startswith("$") or position < len(text):
        raise ValueError(
            f"'{text}' is not a JSONPath such as $, $[1:], $.features or $['id','SageMakerOutput']"
        )
    return JsonPath(tuple(parts))


def _range(text: str) -> slice | int:
    if ":" not in text:
        return int(text)
    first, _, last = text.partition(":")
    return slice(int(first) if first else None, int(last) if last else None)


def _select(value: object, part: Part) -> object:
    try:
        if isinstance(value, dict):
            names = [str(name) for name in part]
            return value[names[0]] if len(names) == 1 else {name: value[name] for name in names}
        if isinstance(value, list) and not isinstance(part[0], str):
            if len(part) == 1 and isinstance(part[0], int):
                return value[part[0]]
            found: list[object] = []
            for place in part:
                assert not isinstance(place, str)
                found += value[place] if isinstance(place, slice) else [value[place]]
            return found
    except (KeyError, IndexError) as error:
        raise PayloadError(f"The filter selects {error}, which the record does not have") from error
    raise PayloadError("The filter selects a part of a value that has none")


@dataclass(frozen=True, slots=True)
class Format:
    """How records are written: rows of CSV, or JSON."""

    content_type: str

    def read(self, record: bytes) -> object:
        """Read a record; `PayloadError` where it is none."""
        text = record.decode("utf-8", "replace")
        if self.content_type == CSV:
            return next(csv.reader([text.rstrip("\r\n")]), [])
        try:
            return json.loads(text)
        except ValueError as error:
            raise PayloadError(f"A record is not JSON: {error}") from error

    def write(self, value: object) -> bytes:
        """Write a record, without a line break."""
        if self.content_type != CSV:
            return json.dumps(value).encode()
        row = value if isinstance(value, list) else [value]
        written = io.StringIO()
        csv.writer(written, lineterminator="").writerow(row)
        return written.getvalue().encode()

    def joined(self, record: object, answer: object) -> object:
        """Give a record together with its answer."""
        if self.content_type == CSV:
            assert isinstance(record, list)
            return [*record, *(answer if isinstance(answer, list) else [answer])]
        if isinstance(record, dict):
            return {**record, "SageMakerOutput": answer}
        return {"SageMakerInput": record, "SageMakerOutput": answer}


@dataclass(slots=True)
class Processing:
    """DataProcessing: what is done with the records of an object before and after the model.

    `by_line`: whether each line is a record; else the object is one.
    """

    given: Format
    answered: Format
    input_filter: JsonPath
    output_filter: JsonPath
    joins: bool
    by_line: bool
    _waiting: deque[object] = field(default_factory=deque)

    def before(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Give what the model gets of the records; they wait for their answers.

        Raises `PayloadError` if a record cannot be read, or lacks what the filter selects.
        """
        for record in lines if self.by_line else [b"".join(lines)]:
            value = self.given.read(record)
            self._waiting.append(value)
            selected = self.given.write(self.input_filter.select(value))
            yield selected + b"\n" if self.by_line else selected

    def after(self, payload: bytes, answer: bytes) -> bytes:
        """Give what goes into the output for the answer to a payload.

        Raises `PayloadError` if the answer has not as many records as the payload, or lacks what the filter
        selects.
        """
        answers: Sequence[bytes] = answer.splitlines() if self.by_line else [answer]
        count = len(payload.splitlines()) if self.by_line else 1
        if len(answers) != count:
            raise PayloadError(f"The model answered {count} records with {len(answers)}")
        written = [self._finished(self._waiting.popleft(), item) for item in answers]
        return b"".join(item + b"\n" for item in written) if self.by_line else written[0]

    def _finished(self, record: object, answer: bytes) -> bytes:
        value = self.answered.read(answer)
        joined = self.given.joined(record, value) if self.joins else value
        return self.answered.write(self.output_filter.select(joined))
