"""What ItemReader, ItemBatcher and ResultWriter of a Distributed Map may say.

Source: Step Functions developer guide, "ItemReader (Map)", "ResultWriter (Map)". The messages are made after
those that AWS gives of other fields; none of AWS's own for these fields was found.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.states_language.item_files import DELIMITERS
from localcloud.states_language.schema import OBJECT, PATH, TEMPLATE, TEXT, Field, Kind

_LISTS, _READS, _WRITES = ":states:::s3:listObjectsV2", ":states:::s3:getObject", ":states:::s3:putObject"
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
NO_PARQUET = "The local cloud does not read Parquet: it has no library for it"

Problems = Iterator[tuple[str, str]]
"""What is wrong, and the path where."""


def reader_problems(reader: Mapping[str, Any], path: str) -> Problems:
    """Say which settings of an ItemReader do not go together."""
    resource = str(reader.get("Resource"))
    if not resource.endswith((_LISTS, _READS)):
        yield f"The resource of an ItemReader ends in {_LISTS} or {_READS}", f"{path}/Resource"
        return
    place, given = f"{path}/ReaderConfig", reader.get("ReaderConfig", {})
    config: Mapping[str, Any] = given if isinstance(given, dict) else {}
    kind, manifest = config.get("InputType"), config.get("ManifestType")
    is_loaded = config.get("Transformation") == "LOAD_AND_FLATTEN"
    if resource.endswith(_LISTS):
        if manifest or kind == "MANIFEST":
            yield "A manifest is read by s3:getObject", place
        if is_loaded and kind is None:
            yield "These fields are required: [InputType]", place
    elif "Transformation" in config:
        yield "The field 'Transformation' is only supported with s3:listObjectsV2", place
    elif manifest == "ATHENA_DATA" and kind in {None, "MANIFEST"}:
        yield "These fields are required: [InputType]", place
    elif manifest == "S3_INVENTORY" and kind not in {None, "MANIFEST"}:
        yield "The field 'InputType' is not supported with the ManifestType S3_INVENTORY", place
    if kind == "PARQUET":
        yield NO_PARQUET, f"{place}/InputType"
    if (config.get("CSVHeaderLocation") == "GIVEN") is not ("CSVHeaders" in config):
        yield "CSVHeaders are given if, and only if, CSVHeaderLocation is GIVEN", place
    if "ItemsPointer" in config and kind != "JSON":
        yield "The field 'ItemsPointer' is only supported with the InputType JSON", place
    if {"MaxItems", "MaxItemsPath"} <= config.keys():
        yield "There should only be one of the following fields: [MaxItems, MaxItemsPath]", place


def writer_problems(writer: Mapping[str, Any], path: str, *, is_jsonata: bool) -> Problems:
    """Say which settings of a ResultWriter are missing: where to write, how, or both."""
    where = "Arguments" if is_jsonata else "Parameters"
    given = writer.keys() & {"Resource", where}
    if "Resource" in given and not str(writer["Resource"]).endswith(_WRITES):
        yield f"The resource of a ResultWriter ends in {_WRITES}", f"{path}/Resource"
    if len(given) == 1 or not (given or "WriterConfig" in writer):
        yield f"A ResultWriter needs Resource and {where}, or WriterConfig, or all of them", path
