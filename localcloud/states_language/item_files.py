"""The items of a Distributed Map, read from the content of files.

Sources: Step Functions developer guide, "ItemReader (Map)": InputType, CSVDelimiter, CSVHeaderLocation,
CSVHeaders, ItemsPointer, ManifestType; CSV and JSON Lines may be compressed by gzip; "How Step Functions
parses input CSV files": backslashes, cells that are missing or too many.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Never
from urllib.parse import unquote_plus

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}

Config = Mapping[str, Any]
"""A ReaderConfig."""

LARGEST_UNPACKED = 1 << 29
"""Bytes of a file that was compressed: a few kilobytes may unpack to more than the machine's memory."""

_GZIP = b"\x1f\x8b"
_LARGEST_CELL = 1 << 28  # Python's csv module refuses cells above 128 KiB otherwise
_INDEX = re.compile(r"0|[1-9][0-9]*")
_UNREADABLE = (ValueError, csv.Error, EOFError, OSError, zlib.error, RecursionError)


class ItemsError(Exception):
    """A file does not hold items of the type that it should."""


def items_of(content: bytes, config: Config) -> list[Any]:
    """Read the items of one file; raises `ItemsError`."""
    kind = config.get("InputType", "JSON")
    try:
        match kind:
            case "CSV":
                return list(_rows(_text(content), config))
            case "JSON":
                return _members(_json(_text(content)), str(config.get("ItemsPointer", "")))
            case "JSONL":
                return [_json(line) for line in _lines(content)]
    except _UNREADABLE as error:
        raise ItemsError(f"The file cannot be read as {kind}: {error}") from error
    raise ItemsError(f"The local cloud does not read items of type {kind}")


def inventory_files(content: bytes) -> tuple[str, list[str], list[str]]:
    """Read the manifest of an S3 Inventory: the bucket of its files, their keys, and the columns' names.

    Source: Amazon S3 user guide, "Amazon S3 Inventory manifest". Raises `ItemsError`.
    """
    try:
        manifest = _json(_text(content))
        file_format, columns = manifest["fileFormat"], manifest["fileSchema"].split(",")
        bucket = manifest["destinationBucket"].rpartition(":")[2]
        keys = [one["key"] for one in manifest["files"]]
    except (*_UNREADABLE, LookupError, TypeError, AttributeError) as error:
        raise ItemsError(f"The file is no manifest of an S3 Inventory: {error!r}") from error
    if not all(isinstance(key, str) for key in keys):
        raise ItemsError("The file is no manifest of an S3 Inventory: keys are texts")
    if file_format != "CSV":
        raise ItemsError(f"The local cloud reads inventories in CSV, and this one is in {file_format}")
    return bucket, keys, [name.strip() for name in columns]


def inventory_items(content: bytes, columns: Sequence[str]) -> list[Any]:
    """Read a file of an S3 Inventory: keys are URL-encoded there."""
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": columns}
    items = items_of(content, config)
    return [one | {"Key": unquote_plus(one["Key"])} if "Key" in one else one for one in items]


def athena_files(content: bytes) -> list[tuple[str, str]]:
    """Read the manifest of an UNLOAD of Athena, an address of S3 a line: buckets and keys.

    Source: Athena user guide, "UNLOAD". Raises `ItemsError`.
    """
    files = []
    try:
        for line in map(str.strip, _lines(content)):
            bucket, _, key = line.removeprefix("s3://").partition("/")
            if not (line.startswith("s3://") and bucket and key):
                raise ItemsError("The file is no manifest of Athena: each line must be an address s3://…")
            files.append((bucket, key))
    except _UNREADABLE as error:
        raise ItemsError(f"The file is no manifest of Athena: {error}") from error
    return files


def _text(content: bytes) -> str:
    if content.startswith(_GZIP):
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            content = file.read(LARGEST_UNPACKED + 1)
        if len(content) > LARGEST_UNPACKED:
            raise ItemsError(f"The local cloud unpacks files of at most {LARGEST_UNPACKED >> 20} MiB")
    return content.decode("utf-8-sig")


def _lines(content: bytes) -> Iterator[str]:
    """Give the lines that are not empty; what JSON may hold in a text, such as U+2028, does not end one."""
    return (line for line in _text(content).split("\n") if line.strip())


def _json(text: str) -> Any:
    return _DECODER.decode(text)


def _refuse(name: str) -> Never:
    raise ValueError(f"Unrecognized token '{name}'")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _rows(text: str, config: Config) -> Iterator[dict[str, str]]:
    """Read rows; a cell that is missing is empty, and those beyond the header are left out."""
    csv.field_size_limit(_LARGEST_CELL)
    delimiter = DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, escapechar="\\")
    is_given = config.get("CSVHeaderLocation") == "GIVEN"
    headers = list(config.get("CSVHeaders", ())) if is_given else next(rows, [])
    if len(set(headers)) < len(headers):
        raise ItemsError("CSV headers cannot contain duplicates.")
    order = sorted(enumerate(headers), key=lambda cell: (cell[1].isalpha(), cell[1]))  # as AWS answers
    for row in rows:
        yield {name: row[number] if number < len(row) else "" for number, name in order}


def _members(document: Any, pointer: str) -> list[Any]:
    """Give the members of the array that a JSON Pointer names (RFC 6901), or the pairs of an object."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            is_index = isinstance(document, list) and _INDEX.fullmatch(name)
            document = document[int(name)] if is_index else document[name]
        except (LookupError, ValueError, TypeError) as error:
            raise ItemsError(f"The ItemsPointer {pointer} leads to nothing.") from error
    if isinstance(document, dict):
        return [{"Key": key, "Value": value} for key, value in document.items()]
    if not isinstance(document, list):
        raise ItemsError("Attempting to map over non-iterable node.")
    return document
