"""What a fan-out is started with: the input of its state machine, terraform/fan_out.tf. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from driver.model.documents import object_of
from driver.model.exceptions import WrongUseError

_ALL = 100  # percent
_MOST_COUNT = 10_000_000  # items, the highest ToleratedFailureCount (Step Functions guide)
MOST_IN_BATCH = 100  # items: each adds some ten events to the batch's history, which may have 25,000
_SHOWN = ("key", "max_concurrency", "batch_size")
_NO_LIMITS = {"tolerated_failure_count": _MOST_COUNT, "tolerated_failure_percentage": _ALL}


class ReaderKind(StrEnum):
    """How the Distributed Map reads its items: the names of its states."""

    OBJECTS = "Objects"  # those below a prefix
    ROWS = "Rows"  # of a CSV file with a header
    MEMBERS = "Members"  # of a JSON array


@dataclass(frozen=True, slots=True)
class Limits:
    """How many items run side by side, and how many may fail before the rest is given up.

    The fan-out fails once either number is exceeded; so the one that nobody gave is as high as it can be. A
    batch has up to `batch_size` items, one after the other; if one fails, all of its batch count as failed.
    """

    max_concurrency: int
    tolerated_count: int = 0
    tolerated_percentage: float = 0
    batch_size: int = 1

    @classmethod
    def read(cls, max_concurrency: int, tolerated: str, batch_size: int = 1) -> Limits:
        """Read a number of items, `5`, or a part of them, `10%`; empty is none."""
        number, is_percent = tolerated.strip().removesuffix("%"), tolerated.strip().endswith("%")
        limits = cls(max_concurrency, batch_size=batch_size)
        if not number and not is_percent:
            return limits
        try:
            value = float(number) if is_percent else int(number)
        except ValueError:
            value = -1
        if not 0 <= value <= (_ALL if is_percent else _MOST_COUNT):
            raise WrongUseError(
                f"--tolerated-failures {tolerated!r} is no number of items.",
                "It is a whole number of items, such as 5, or a percentage, such as 10%.",
            )
        if value == 0:
            return limits
        count, percentage = (_MOST_COUNT, value) if is_percent else (int(value), _ALL)
        return replace(limits, tolerated_count=count, tolerated_percentage=percentage)


@dataclass(frozen=True, slots=True)
class Target:
    """What is executed for each item: a pipeline by the state machine around it, or a workflow.

    `pipeline` is empty for a workflow. `values` are parameters, whose placeholders are filled in for each
    item, or inputs.
    """

    state_machine_arn: str
    pipeline: str
    values: Mapping[str, object]

    def document(self, results: str) -> Mapping[str, object]:
        """Write it for the state machine; `results` is the prefix of the items' results."""
        document = {"state_machine_arn": self.state_machine_arn, "results": results}
        if self.pipeline:
            return document | {"pipeline": self.pipeline, "parameters": dict(self.values)}
        return document | {"inputs": dict(self.values)}


def execution_input(
    reader: ReaderKind, key: str, target: Target, limits: Limits, results: str
) -> Mapping[str, object]:
    """Write the input of the fan-out's execution; `key` is the items' prefix or file in the bucket."""
    batches = {"reader": f"{reader}InBatches", "batch_size": limits.batch_size}
    return {
        **(batches if limits.batch_size > 1 else {"reader": str(reader)}),
        "key": key,
        "max_concurrency": limits.max_concurrency,
        "tolerated_failure_count": limits.tolerated_count,
        "tolerated_failure_percentage": limits.tolerated_percentage,
        "run": target.document(results),
    }


def described(given: Mapping[str, object]) -> Mapping[str, object]:
    """Leave of an execution's input what is executed, where the items are and how many may fail."""
    run = object_of(given.get("run"))
    machine = str(run.get("state_machine_arn", "")).rpartition(":")[2]
    what = {"pipeline": run["pipeline"]} if "pipeline" in run else {"state_machine": machine}
    kept = [name for name in _SHOWN if given.get(name) is not None]
    limits = [name for name, highest in _NO_LIMITS.items() if given.get(name) not in (None, highest)]
    return what | {name: given[name] for name in (*kept, *limits)}


def remote_items(uri: str, allowed: Sequence[str], bucket: str) -> tuple[ReaderKind, str]:
    """Tell how items in S3 are read, and their key; a prefix ends in a slash.

    Raises `WrongUseError` if the fan-out's role may not read them, or if it is not known how.
    """
    address = urlsplit(uri)
    key = address.path.removeprefix("/")
    kinds = {".csv": ReaderKind.ROWS, ".json": ReaderKind.MEMBERS}
    kind = ReaderKind.OBJECTS if key.endswith("/") else kinds.get(key[key.rfind(".") :].lower())
    if address.netloc != bucket or not any(fnmatchcase(uri, pattern) for pattern in allowed):
        raise WrongUseError(
            f"The fan-out may not read {uri}.",
            f"Its role reads {' and '.join(allowed)} only.",
            "Copy the items there.",
        )
    if kind is None:
        raise WrongUseError(
            f"It is not known how to read items from {uri}.",
            "A prefix ends in a slash, a table in .csv, an array in .json.",
        )
    return kind, key


def split_settings(words: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
    """Separate what is set once from what is set several times, which is a list: an item for each value.

    Returns
    -------
    tuple
        The words that set something once, and an item for each combination of the lists' values.
    """
    values: dict[str, list[str]] = {}
    for word in words:
        name, _, value = word.partition("=")
        values.setdefault(name, []).append(value)
    lists = {name: found for name, found in values.items() if len(found) > 1}
    once = [word for word in words if word.partition("=")[0] not in lists]
    if not lists:
        return once, []
    return once, [dict(zip(lists, found, strict=True)) for found in itertools.product(*lists.values())]
