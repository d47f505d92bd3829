"""What ItemReader, ItemBatcher and ResultWriter of a Distributed Map may say.

Sources: Step Functions developer guide, "ItemReader (Map)", "ItemBatcher (Map)", "ResultWriter (Map)";
states-language.net; for Resource and the header of CSV AWS's own answers, as measured in the rules
``pf-sfn-asl-map-distributed`` of cdk-preflight. The other messages are made after those of other fields.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.states_language.fields import is_expression
from localcloud.states_language.item_files import DELIMITERS
from localcloud.states_language.schema import OBJECT, PATH, TEMPLATE, TEXT, Field, Kind

_RESOURCE = re.compile(r"arn:[^:]+:states:::s3:(\w+)")
_LISTS, _READS, _WRITES = "listObjectsV2", "getObject", "putObject"
_NEEDED = {_LISTS: ("Bucket",), _READS: ("Bucket", "Key"), _WRITES: ("Bucket",)}
_INPUT_TYPES = ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST")
_NUMBER = Field(Kind.INTEGER, 0, 100_000_000)

READER = {
    "Resource": TEXT,
    "Parameters": TEMPLATE,
    "Arguments": TEMPLATE,
    "ReaderConfig": OBJECT,
}
READER_CONFIG = {
    "InputType": Field(Kind.STRING, values=_INPUT_TYPES),
    "ManifestType": Field(Kind.STRING, values=("ATHENA_DATA", "S3_INVENTORY")),
    "Transformation": Field(Kind.STRING, values=("NONE", "LOAD_AND_FLATTEN")),
    "CSVHeaderLocation": Field(Kind.STRING, values=("FIRST_ROW", "GIVEN")),
    "CSVHeaders": Field(Kind.ANYTHING),
    "CSVDelimiter": Field(Kind.STRING, values=tuple(DELIMITERS)),
    "ItemsPointer": TEXT,
    "MaxItems": _NUMBER,
    "MaxItemsPath": PATH,
}
WRITER = {
    "Resource": TEXT,
    "Parameters": TEMPLATE,
    "Arguments": TEMPLATE,
    "WriterConfig": OBJECT,
}
WRITER_CONFIG = {
    "OutputType": Field(Kind.STRING, values=("JSON", "JSONL")),
    "Transformation": Field(Kind.STRING, values=("NONE", "COMPACT", "FLATTEN")),
}
BATCHER = {
    "MaxItemsPerBatch": Field(Kind.INTEGER, 1),
    "MaxItemsPerBatchPath": PATH,
    "MaxInputBytesPerBatch": Field(Kind.INTEGER, 1, 262_144),
    "MaxInputBytesPerBatchPath": PATH,
    "BatchInput": TEMPLATE,
}
NO_PARQUET = "The local cloud does not read Parquet: it has no library for it"

Problems = Iterator[tuple[str, str]]
"""What is wrong, and the path where."""


def of_language(fields: Mapping[str, Field], *, is_jsonata: bool) -> dict[str, Field]:
    """Leave out the fields that the other query language has."""

    def is_foreign(name: str) -> bool:
        return name == "Parameters" or name.endswith("Path") if is_jsonata else name == "Arguments"

    return {name: field for name, field in fields.items() if not is_foreign(name)}


def problems(field: str, part: Mapping[str, Any], path: str, *, is_jsonata: bool) -> Problems:
    """Say what an ItemReader, ItemBatcher or ResultWriter lacks, and what does not go together."""
    match field:
        case "ItemReader":
            yield from _reader(part, path, "Arguments" if is_jsonata else "Parameters")
        case "ItemBatcher":
            yield from _batcher(part, path)
        case "ResultWriter":
            yield from _writer(part, path, "Arguments" if is_jsonata else "Parameters")


def _reader(reader: Mapping[str, Any], path: str, where: str) -> Problems:
    if "Resource" not in reader:
        yield "These fields are required: [Resource]", path
        return
    yield from _call(reader, path, where, _LISTS, _READS)
    given = reader.get("ReaderConfig", {})
    if isinstance(given, dict):
        action = str(reader["Resource"]).rpartition(":")[2]
        yield from _reader_config(given, f"{path}/ReaderConfig", action)


def _reader_config(config: Mapping[str, Any], place: str, action: str) -> Problems:
    kind, manifest = str(config.get("InputType", "")), config.get("ManifestType")
    is_loaded = config.get("Transformation") == "LOAD_AND_FLATTEN"
    if action == _LISTS:
        if manifest or kind == "MANIFEST":
            yield "A manifest is read by s3:getObject", place
        if is_loaded and not kind:
            yield "These fields are required: [InputType]", place
    elif "Transformation" in config:
        yield "The field 'Transformation' is only supported with s3:listObjectsV2", place
    elif manifest == "ATHENA_DATA" and kind in {"", "MANIFEST"}:
        yield "These fields are required: [InputType]", place
    elif manifest == "S3_INVENTORY" and kind not in {"", "MANIFEST"}:
        yield "The field 'InputType' is not supported with the ManifestType S3_INVENTORY", place
    if kind == "PARQUET":
        yield NO_PARQUET, f"{place}/InputType"
    yield from _csv(config, place, is_csv=kind == "CSV")
    if "ItemsPointer" in config:
        pointer = str(config["ItemsPointer"])
        if kind != "JSON":
            yield "The field 'ItemsPointer' is only supported with the InputType JSON", place
        elif pointer and not pointer.startswith("/"):
            yield "Value is not a JSON Pointer: it does not start with '/'", f"{place}/ItemsPointer"
    yield from _one_of(config, place, "MaxItems")


def _csv(config: Mapping[str, Any], place: str, *, is_csv: bool) -> Problems:
    if not is_csv:
        for name in config.keys() & {"CSVHeaderLocation", "CSVHeaders", "CSVDelimiter"}:
            yield f"Field '{name}' is not supported", place
    elif "CSVHeaderLocation" not in config:
        yield "The field 'CSVHeaderLocation' is required", place
    elif config["CSVHeaderLocation"] == "GIVEN":
        if "CSVHeaders" not in config:
            yield "These fields are required: [CSVHeaders]", place
    elif "CSVHeaders" in config:
        yield "The field 'CSVHeaders' is only supported with the CSVHeaderLocation GIVEN", place


def _batcher(batcher: Mapping[str, Any], path: str) -> Problems:
    limits = [name for name in BATCHER if name != "BatchInput"]
    if not batcher.keys() & set(limits):
        yield f"This object should have at least one of the following fields: [{', '.join(limits)}]", path
    for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
        yield from _one_of(batcher, path, name)
        if batcher.get(f"{name}Path", "") is None:
            yield "Expected value of type String", f"{path}/{name}Path"


def _writer(writer: Mapping[str, Any], path: str, where: str) -> Problems:
    given = writer.keys() & {"Resource", where}
    if len(given) == 1 or not (given or "WriterConfig" in writer):
        yield f"A ResultWriter needs Resource and {where}, or WriterConfig, or all of them", path
    elif given:
        yield from _call(writer, path, where, _WRITES)


def _call(part: Mapping[str, Any], path: str, where: str, *actions: str) -> Problems:
    """Check the call of S3 and what it is given, as far as it is known without an input."""
    found = _RESOURCE.fullmatch(str(part["Resource"]))
    if not found or found[1] not in actions:
        yield "The field 'Resource' does not match any of the allowed values", f"{path}/Resource"
    elif isinstance(given := part.get(where, {}), dict):
        names = {name.removesuffix(".$") for name in given}
        for name in _NEEDED[found[1]] if where in part else ():
            if name not in names:
                yield f"The field '{name}' is required but was missing", f"{path}/{where}"
    elif where == "Parameters" or not is_expression(given):
        yield "Expected value of type Object", f"{path}/{where}"


def _one_of(part: Mapping[str, Any], path: str, name: str) -> Problems:
    if {name, f"{name}Path"} <= part.keys():
        yield f"There should only be one of the following fields: [{name}, {name}Path]", path
