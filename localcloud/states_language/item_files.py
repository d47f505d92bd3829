"""The items of a Distributed Map, read from the content of files.

Source: Step Functions developer guide, "ItemReader (Map)": InputType, CSVDelimiter, CSVHeaderLocation,
CSVHeaders, ItemsPointer, ManifestType; CSV and JSON Lines may be compressed by gzip.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus, urlsplit

DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}

Config = Mapping[str, Any]
"""A ReaderConfig."""

_GZIP = b"\x1f\x8b"


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
                return _members(json.loads(_text(content)), str(config.get("ItemsPointer", "")))
            case "JSONL":
                return [json.loads(line) for line in _text(content).splitlines() if line.strip()]
    except (ValueError, csv.Error, EOFError, OSError, zlib.error) as error:
        raise ItemsError(f"The file cannot be read as {kind}: {error}") from error
    raise ItemsError(f"The local cloud does not read items of type {kind}")


def inventory_files(content: bytes) -> tuple[str, list[str], list[str]]:
    """Read the manifest of an S3 Inventory: the bucket of its files, their keys, and the columns' names.

    Source: Amazon S3 user guide, "Amazon S3 Inventory manifest". Raises `ItemsError`.
    """
    try:
        manifest = json.loads(_text(content))
        file_format, schema = manifest["fileFormat"], manifest["fileSchema"]
        bucket = manifest["destinationBucket"].rpartition(":")[2]
        keys = [one["key"] for one in manifest["files"]]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ItemsError(f"The file is no manifest of an S3 Inventory: {error!r}") from error
    if file_format != "CSV":
        raise ItemsError(f"The local cloud reads inventories in CSV, and this one is in {file_format}")
    return bucket, keys, [name.strip() for name in schema.split(",")]


def inventory_items(content: bytes, columns: Sequence[str]) -> list[Any]:
    """Read a file of an S3 Inventory: keys are URL-encoded there."""
    config = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": columns}
    items = items_of(content, config)
    return [one | {"Key": unquote_plus(one["Key"])} if "Key" in one else one for one in items]


def athena_files(content: bytes) -> list[tuple[str, str]]:
    """Read the manifest of an UNLOAD of Athena, an address of S3 a line: buckets and keys.

    Source: Athena user guide, "UNLOAD". Raises `ItemsError`.
    """
    addresses = [urlsplit(line.strip()) for line in _text(content).splitlines() if line.strip()]
    if not all(one.scheme == "s3" and one.netloc and one.path for one in addresses):
        raise ItemsError("The file is no manifest of Athena: each line must be an address s3://…")
    return [(one.netloc, one.path.removeprefix("/")) for one in addresses]


def _text(content: bytes) -> str:
    plain = gzip.decompress(content) if content.startswith(_GZIP) else content
    return plain.decode("utf-8-sig")


def _rows(text: str, config: Config) -> Iterator[dict[str, str]]:
    """Read rows; a cell that is missing is empty, and those beyond the header are left out."""
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=DELIMITERS[config.get("CSVDelimiter", "COMMA")]
    )
    is_given = config.get("CSVHeaderLocation") == "GIVEN"
    headers = list(config.get("CSVHeaders", ())) if is_given else next(rows, [])
    if len(set(headers)) < len(headers):
        raise ItemsError("CSV headers cannot contain duplicates.")
    for row in rows:
        cells = {name: row[number] if number < len(row) else "" for number, name in enumerate(headers)}
        yield dict(sorted(cells.items(), key=lambda cell: (cell[0].isalpha(), cell[0])))  # as AWS answers


def _members(document: Any, pointer: str) -> list[Any]:
    """Give the members of the array that a JSON Pointer names (RFC 6901), or the pairs of an object."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        try:
            document = document[int(name)] if isinstance(document, list) else document[name]
        except (LookupError, ValueError, TypeError) as error:
            raise ItemsError(f"The ItemsPointer {pointer} leads to nothing.") from error
    if isinstance(document, dict):
        return [{"Key": key, "Value": value} for key, value in document.items()]
    if not isinstance(document, list):
        raise ItemsError("Attempting to map over non-iterable node.")
    return document
