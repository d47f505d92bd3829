"""The files that `invoke run-pipeline` is to work on: from files, folders and s3:// addresses."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from driver.aws.storage import Storage
from driver.executions.results import fetch
from driver.host.console import Console
from driver.model.exceptions import CoordinatesError, WrongUseError
from driver.model.values import StoredObject

_SCHEME = "s3://"
_STANDARD_INPUT = "-"
_SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".xlsx")  # of the files that a folder or a prefix means
_OPENED = "~$"  # begins the name of a file that Excel makes beside a workbook while it is open
_MOST = 10_000  # files of one command; as many executions are more than anybody means to start at once


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file or folder to work on: `name` is what the user calls it, `path` where it is meanwhile.

    With a `uri` it is in S3 and stays there.
    """

    name: str
    path: Path
    uri: str = ""

    @property
    def files(self) -> list[Path]:
        """The files to upload: itself, or all in it."""
        if self.uri:
            return []
        return sorted(path for path in self.path.rglob("*") if path.is_file()) or [self.path]


@dataclass(frozen=True, slots=True)
class _Object:
    """An object in S3 that is to be fetched to a file."""

    file: InputFile
    bucket: str
    stored: StoredObject


def is_remote(word: str) -> bool:
    """Tell whether an input has to be fetched from S3."""
    return word.startswith(_SCHEME)


def local_files(word: str) -> list[InputFile]:
    """Find what a path means: a file is itself, a folder all CSV files and workbooks directly in it.

    Raises
    ------
    CoordinatesError
        If the folder has none.
    """
    path = Path(word).expanduser()
    if not path.is_dir():
        return [InputFile(word, path)]
    found = sorted(entry for entry in path.iterdir() if _is_table(entry.name) and entry.is_file())
    if not found:
        raise CoordinatesError(
            f"There is no CSV file in {path}.",
            f"Their names end in {', '.join(_SUFFIXES)}.",
            "Name a folder that has some with --input.",
        )
    return [InputFile(str(entry), entry) for entry in found]


@contextmanager
def gathered(
    words: Sequence[str], storage: Storage | None, console: Console, standard_input: BinaryIO | None = None
) -> Iterator[list[InputFile]]:
    """Make every input a local file; downloaded ones are removed at the end.

    Parameters
    ----------
    words
        Files, folders, s3:// addresses of objects or prefixes, and - for standard input.
    storage
        None if no input is in S3.

    Raises
    ------
    CoordinatesError
        If one of them holds no CSV file.
    WrongUseError
        If an s3:// address is wrong, if nothing is sent to standard input, or if there are too many files.
    """
    if words.count(_STANDARD_INPUT) > 1:
        raise WrongUseError("--input - is given twice.", "Standard input can be read only once.")
    with tempfile.TemporaryDirectory(prefix="sagestep-") as folder:
        files: list[InputFile] = []
        objects: list[_Object] = []
        for word in words:
            if is_remote(word) and storage is not None:
                found = _objects(word, storage, Path(folder) / str(len(files)))
                objects += found
                files += [item.file for item in found]
            elif word == _STANDARD_INPUT:
                files.append(_keep_standard_input(standard_input or sys.stdin.buffer, Path(folder) / "input"))
            else:
                files += local_files(word)
        if len(files) > _MOST:
            raise WrongUseError(f"These are {len(files)} files.", f"More than {_MOST} are refused.")
        for item in objects:
            assert storage
            fetch(storage, item.bucket, item.stored, item.file.path, console)
        yield files


def _is_table(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) and not name.rpartition("/")[2].startswith(_OPENED)


def _keep_standard_input(source: BinaryIO, folder: Path) -> InputFile:
    """Copy standard input to a file."""
    if source.isatty():
        raise WrongUseError(
            "Nothing is sent to standard input.", "Pipe a file to it: `… | invoke run-pipeline --input -`."
        )
    folder.mkdir()
    file = InputFile("standard input", folder / "standard-input.csv")
    with file.path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return file


def _objects(word: str, storage: Storage, folder: Path) -> list[_Object]:
    """Find an object, or all CSV objects under a prefix; say where in a folder each is to be."""
    address = urlsplit(word)
    bucket, prefix = address.netloc, address.path.removeprefix("/")
    if not bucket:
        raise WrongUseError(
            f"--input {word} names no bucket.", "It must be s3://BUCKET/KEY or s3://BUCKET/PREFIX/."
        )
    found = _meant(storage.find(bucket, prefix), prefix)
    if not found:
        raise CoordinatesError(
            f"There is no CSV object under {word}.",
            "",
            "`aws s3 ls` shows what is there; name another with --input.",
        )
    return [
        _Object(
            InputFile(f"{_SCHEME}{bucket}/{stored.key}", folder / str(number) / Path(stored.key).name),
            bucket,
            stored,
        )
        for number, stored in enumerate(found)
    ]


def _meant(found: Sequence[StoredObject], prefix: str) -> list[StoredObject]:
    """Choose the object of just that key, else the CSV objects in the folder of that name."""
    exact = [stored for stored in found if stored.key == prefix]
    if exact:
        return exact
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    within = [s for s in found if s.key.startswith(folder) and _is_table(s.key)]
    return sorted(within, key=lambda stored: stored.key)
