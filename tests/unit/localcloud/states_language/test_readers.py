"""What a definition may say of a Distributed Map's items and results."""

import json

import pytest

from localcloud.states_language.checking import check

PASS = {"Type": "Pass", "End": True}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
WHERE = {"Bucket": "b", "Key": "k"}
READS = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": WHERE}
LISTS = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
WRITES = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}


def mistakes(language: str = "JSONPath", **fields: object) -> list[tuple[str, str]]:
    state = {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": CONFIG, "StartAt": "Each", "States": {"Each": PASS}},
        "End": True,
        **fields,
    }
    machine = {"QueryLanguage": language, "StartAt": "Map", "States": {"Map": state}}
    return [(one.message, one.location) for one in check(json.dumps(machine))]


@pytest.mark.parametrize(
    ("reader", "config"),
    [
        (LISTS, None),
        (LISTS, {"MaxItemsPath": "$.most"}),
        (LISTS, {"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSONL", "MaxItems": 5}),
        (READS, {"InputType": "JSON", "ItemsPointer": "/a/b"}),
        (READS, {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"]}),
        (READS, {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "TAB"}),
        (READS, {"InputType": "MANIFEST"}),
        (READS, {"ManifestType": "S3_INVENTORY"}),
        (READS, {"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}),
        ({**READS, "Resource": "arn:aws-cn:states:::s3:getObject"}, {"InputType": "JSONL"}),
    ],
)  # fmt: skip
def test_items_are_read_in_each_way_that_is_documented(reader: dict[str, object], config: object) -> None:
    assert mistakes(ItemReader=reader if config is None else {**reader, "ReaderConfig": config}) == []


@pytest.mark.parametrize(
    ("reader", "config", "message"),
    [
        (READS, {"InputType": "XML"}, "Value should be one of the following: "),
        (READS, {"InputType": "PARQUET"}, "The local cloud does not read Parquet: it has no library for it"),
        (READS, {"InputType": "JSON", "Delimiter": ","}, "Field 'Delimiter' is not supported"),
        (READS, {"Transformation": "NONE"}, "The field 'Transformation' is only supported with s3:listObj"),
        (READS, {"ManifestType": "ATHENA_DATA"}, "These fields are required: [InputType]"),
        (
            READS,
            {"ManifestType": "S3_INVENTORY", "InputType": "CSV"},
            "The field 'InputType' is not supported",
        ),
        (READS, {"CSVHeaderLocation": "GIVEN"}, "CSVHeaders are given if, and only if, "),
        (
            READS,
            {"InputType": "CSV", "ItemsPointer": "/a"},
            "The field 'ItemsPointer' is only supported with",
        ),
        (READS, {"MaxItems": 1, "MaxItemsPath": "$.x"}, "There should only be one of the following fields"),
        (LISTS, {"InputType": "MANIFEST"}, "A manifest is read by s3:getObject"),
        (LISTS, {"Transformation": "LOAD_AND_FLATTEN"}, "These fields are required: [InputType]"),
        (WRITES, {"InputType": "JSON"}, "The resource of an ItemReader ends in "),
    ],
)
def test_what_does_not_go_together_is_refused(
    reader: dict[str, object], config: object, message: str
) -> None:
    [told, *_] = mistakes(ItemReader={**reader, "ReaderConfig": config})
    assert told[0].startswith(message)


def test_results_are_written_somewhere_or_formatted_or_both() -> None:
    config = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}}
    for writer in (WRITES, config, WRITES | config):
        assert mistakes(ResultWriter=writer) == []
    assert (
        mistakes("JSONata", ResultWriter={"Resource": WRITES["Resource"], "Arguments": {"Bucket": "b"}}) == []
    )
    missing = "A ResultWriter needs Resource and Parameters, or WriterConfig, or all of them"
    assert mistakes(ResultWriter={}) == [(missing, "/States/Map/ResultWriter")]
    assert mistakes(ResultWriter={**config, "Parameters": {}}) == [(missing, "/States/Map/ResultWriter")]
    [wrong] = mistakes(ResultWriter={"WriterConfig": {"Transformation": "LOUD"}})
    assert wrong == (
        "Value should be one of the following: [NONE, COMPACT, FLATTEN]",
        "/States/Map/ResultWriter/WriterConfig/Transformation",
    )
    [wrong, *_] = mistakes("JSONata", ResultWriter=WRITES)
    assert wrong == ("Field 'Parameters' is not supported", "/States/Map/ResultWriter")
