"""What `--input` means to a pipeline, as its manifest says: a table, a file, a folder, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from driver.aws.storage import Storage
from driver.executions.input_files import InputFile, gathered, is_remote
from driver.executions.parameters import takes_input
from driver.host.console import Console
from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.model.values import DeployedPipeline


class InputKind(StrEnum):
    """What an input is."""

    TABLE = "table"
    FILE = "file"
    FOLDER = "folder"
    NONE = "none"


def input_kind(pipeline: DeployedPipeline) -> InputKind:
    """Tell what the input of a pipeline is."""
    if not takes_input(pipeline):
        return InputKind.NONE
    return InputKind(str(pipeline.input.get("kind", InputKind.FILE)))


def input_columns(pipeline: DeployedPipeline) -> Mapping[str, str]:
    """Return the columns that a pipeline's table must have, and the kind of each."""
    columns = pipeline.input.get("columns")
    return {name: str(kind) for name, kind in columns.items()} if isinstance(columns, dict) else {}


def takes_coordinates(pipeline: DeployedPipeline) -> bool:
    """Tell whether the input of a pipeline has the columns that AWS's geocoders read."""
    columns = input_columns(pipeline)
    return columns.get("Longitude") == "longitude" and columns.get("Latitude") == "latitude"


def example_of(pipeline: DeployedPipeline, folder: Path) -> Path | None:
    """Find the example of a pipeline's input, which its manifest names as seen from its folder."""
    example = pipeline.input.get("example")
    path = folder / str(example) if example else None
    return path.resolve() if path and path.exists() else None


@contextmanager
def inputs_of(
    name: str, pipeline: DeployedPipeline, words: Sequence[str], storage: Storage | None, console: Console
) -> Iterator[list[InputFile]]:
    """Find what the user's words mean: each input is the work of one execution.

    Tables are made local files, to be checked. A file or a folder in S3 stays where it is.

    Raises
    ------
    WrongUseError
        If the pipeline takes no input, or needs one and has no example.
    CoordinatesError
        If a file or folder is not there.
    """
    kind = input_kind(pipeline)
    if kind is InputKind.NONE:
        if words:
            raise WrongUseError(
                f"The pipeline {name} takes no input.",
                "No parameter in its pipeline.yaml has ${input_uri}.",
                "Leave out --input, or let a parameter have it.",
            )
        yield []
    elif not words:
        raise WrongUseError(
            f"The pipeline {name} needs an input.",
            "Its pipeline.yaml names no example.",
            "Name one with --input.",
        )
    elif kind is InputKind.TABLE:
        with gathered(words, storage, console) as files:
            yield files
    else:
        yield [_as_it_is(word, kind) for word in words]


def _as_it_is(word: str, kind: InputKind) -> InputFile:
    if is_remote(word):
        return InputFile(word, Path(), uri=word)
    path = Path(word).expanduser()
    is_there = path.is_dir() if kind is InputKind.FOLDER else path.is_file()
    if not is_there:
        raise CoordinatesError(
            f"{word} cannot be read.", f"There is no such {kind}.", f"Name a {kind} with --input."
        )
    return InputFile(word, path)
