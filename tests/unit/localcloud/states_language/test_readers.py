"""What a definition may say of a Distributed Map's items and results."""

import json

import pytest

from localcloud.states_language.checking import check

PASS = {"Type": "Pass", "End": True}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
GIVEN = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}
WHERE = {"Bucket": "b", "Key": "k"}
READS = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": WHERE}
ARGUMENTS = {"Resource": READS["Resource"], "Arguments": WHERE}
LISTS = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
WRITES = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}


def mistakes(language: str = "JSONPath", /, **fields: object) -> list[tuple[str, str]]:
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
        (READS, {**GIVEN, "CSVHeaders": ["a"]}),
        (READS, {**CSV, "CSVDelimiter": "TAB"}),
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
        (READS, {"InputType": "CSV"}, "The field 'CSVHeaderLocation' is required"),
        (READS, {**CSV, "CSVHeaderLocation": "GIVEN"}, "These fields are required: [CSVHeaders]"),
        (READS, {**CSV, "CSVHeaders": ["a"]}, "The field 'CSVHeaders' is only supported with"),
        (READS, {**GIVEN, "CSVHeaders": "a,b"}, "Expected value of type Array"),
        (READS, {**GIVEN, "CSVHeaders": [1]}, "Expected value of type String"),
        (READS, {**GIVEN, "CSVHeaders": []}, "Value cannot be empty"),
        (READS, {"InputType": "JSON", "CSVDelimiter": "TAB"}, "Field 'CSVDelimiter' is not supported"),
        (READS, {**CSV, "ItemsPointer": "/a"}, "The field 'ItemsPointer' is only supported with"),
        (READS, {"InputType": "JSON", "ItemsPointer": "$.a"}, "Value is not a JSON Pointer"),
        (READS, {"ManifestType": "S3_INVENTORY", "InputType": []}, "Expected value of type String"),
        ({"Resource": READS["Resource"], "Parameters": {"Bucket": "b"}}, {}, "The field 'Key' is required"),
        ({"Resource": READS["Resource"], "Parameters": "$.where"}, {}, "Expected value of type Object"),
        ({"Parameters": WHERE}, {}, "These fields are required: [Resource]"),
        (READS, {"MaxItems": 1, "MaxItemsPath": "$.x"}, "There should only be one of the following fields"),
        (LISTS, {"InputType": "MANIFEST"}, "A manifest is read by s3:getObject"),
        (LISTS, {"Transformation": "LOAD_AND_FLATTEN"}, "These fields are required: [InputType]"),
        (WRITES, {"InputType": "JSON"}, "The field 'Resource' does not match any"),
    ],
)
def test_what_does_not_go_together_is_refused(
    reader: dict[str, object], config: object, message: str
) -> None:
    told = mistakes(ItemReader={**reader, "ReaderConfig": config})
    assert any(one.startswith(message) for one, _ in told), told


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


@pytest.mark.parametrize(
    ("batcher", "message"),
    [
        ({}, "This object should have at least one of the following fields: [MaxItemsPerBatch, "),
        ({"BatchInput": {"a": 1}}, "This object should have at least one of the following fields: "),
        ({"MaxItemsPerBatch": "5"}, "Expected value of type Integer"),
        ({"MaxItemsPerBatch": 0}, "Minimum value is 1"),
        ({"MaxInputBytesPerBatch": 262_145}, "Maximum value is 262144"),
        ({"MaxItemsPerBatchPath": "most"}, "Value must be a valid JSONPath."),
        ({"MaxItemsPerBatchPath": None}, "Expected value of type String"),
        ({"MaxItemsPerBatch": 5, "Most": 5}, "Field 'Most' is not supported"),
        ({"MaxItemsPerBatch": 5, "MaxItemsPerBatchPath": "$.x"}, "There should only be one of the following"),
        (
            {"MaxItemsPerBatch": 5, "BatchInput": {"a.$": "x"}},
            "The value for the field 'a.$' must be a valid",
        ),
    ],
)
def test_a_batch_has_a_limit(batcher: dict[str, object], message: str) -> None:
    [told] = mistakes(ItemBatcher=batcher)
    assert told[0].startswith(message)


def test_batches_have_limits_in_each_language() -> None:
    assert mistakes(ItemBatcher={"MaxItemsPerBatchPath": "$.x", "MaxInputBytesPerBatch": 1}) == []
    assert mistakes("JSONata", ItemBatcher={"MaxItemsPerBatch": "{% $x %}", "BatchInput": "{% 1 %}"}) == []
    [(told, _), *_] = mistakes("JSONata", ItemBatcher={"MaxItemsPerBatchPath": "$.x"})
    assert told == "Field 'MaxItemsPerBatchPath' is not supported"


@pytest.mark.parametrize(
    ("field", "value"),
    [("ItemReader", READS), ("ItemBatcher", {"MaxItemsPerBatch": 1}), ("ResultWriter", WRITES)],
)
def test_an_inline_map_has_neither_reader_nor_batches_nor_writer(field: str, value: object) -> None:
    inline = {"StartAt": "Each", "States": {"Each": PASS}}
    message = f"The field '{field}' is only supported with the Mode 'DISTRIBUTED'"
    assert mistakes(ItemProcessor=inline, **{field: value}) == [(message, "/States/Map")]


@pytest.mark.parametrize(
    "fields",
    [
        {"ItemReader": "{% 1 %}"},
        {"ItemBatcher": "{% 1 %}"},
        {"ItemReader": {**ARGUMENTS, "ReaderConfig": {"InputType": "{% 'JSON' %}"}}},
        {"ItemReader": {**ARGUMENTS, "ReaderConfig": {"MaxItemsPath": "$.x"}}},
        {"ResultWriter": {"WriterConfig": {"OutputType": "{% 'JSON' %}"}}},
        {"QueryLanguage": []},
        {"Type": None},
    ],
)
def test_what_cannot_be_an_expression_or_text_is_refused(fields: dict[str, object]) -> None:
    assert mistakes("JSONata", **fields)
    assert mistakes(**fields)
