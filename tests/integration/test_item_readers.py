"""Distributed Maps: the items that each ItemReader reads, and how a ResultWriter writes."""

import gzip
import json
from collections.abc import Iterator

import pytest

from tests.integration.machines import machine
from tests.integration.raw import another
from tests.integration.wire import Cloud, Document, unique

pytestmark = pytest.mark.integration

EACH = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "each",
    "States": {"each": {"Type": "Pass", "End": True}},
}
READS, LISTS = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
WHERE = {"Bucket": "items", "Key": "lines.jsonl"}
CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "CSVDelimiter": "SEMICOLON"}
ATHENA = {"ManifestType": "ATHENA_DATA", "InputType": "JSONL", "MaxItems": 4}


@pytest.fixture(scope="module")
def bucket(cloud: Cloud) -> Iterator[str]:
    """A bucket with files of all types."""
    name = unique("items")
    cloud.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    inventory = {
        "destinationBucket": f"arn:aws:s3:::{name}",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key",
        "files": [{"key": "data/1.csv.gz"}],
    }
    files = {
        "lines.jsonl": b'{"n": 1}\n{"n": 2}\n{"n": 3}\n',
        "nested.json": b'{"in": {"items": [1, 2]}}',
        "semicolons.csv": b"b;a\n1;2\n",
        "data/1.csv.gz": gzip.compress(b"there,a%20b\n"),
        "data/2.jsonl": b'{"n": 4}\n',
        "inventory.json": json.dumps(inventory).encode(),
        "athena.csv": f"s3://{name}/lines.jsonl\ns3://{name}/data/2.jsonl\n".encode(),
        "many/": b"",
        "many/1.jsonl": b"1\n2\n",
        "many/2.jsonl": gzip.compress(b"3\n"),
    }
    for key, content in files.items():
        cloud.s3.put_object(Bucket=name, Key=key, Body=content)
    yield name
    for key in [one["Key"] for one in cloud.s3.list_objects_v2(Bucket=name)["Contents"]]:
        cloud.s3.delete_object(Bucket=name, Key=key)
    cloud.s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("key", "config", "items"),
    [
        ("lines.jsonl", {"InputType": "JSONL", "MaxItemsPath": "$.most"}, [{"n": 1}, {"n": 2}]),
        ("nested.json", {"InputType": "JSON", "ItemsPointer": "/in/items"}, [1, 2]),
        ("semicolons.csv", CSV, [{"a": "2", "b": "1"}]),
        ("inventory.json", {"InputType": "MANIFEST"}, [{"Bucket": "there", "Key": "a b"}]),
        ("athena.csv", ATHENA, [{"n": n} for n in (1, 2, 3, 4)]),
        ("many/", {"Transformation": "LOAD_AND_FLATTEN", "InputType": "JSONL"}, [1, 2, 3]),
    ],
)
def test_items_are_read_of_each_type(
    cloud: Cloud, bucket: str, key: str, config: Document, items: object
) -> None:
    where = {"Bucket": bucket, "Prefix" if key.endswith("/") else "Key": key}
    resource = LISTS if key.endswith("/") else READS
    reader = {"Resource": resource, "ReaderConfig": config, "Parameters": where}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": EACH}
    assert machine(cloud, ("map", state)).start({"most": 2}).end()["output"] == json.dumps(
        items, separators=(",", ":")
    )


def test_a_file_of_another_type_is_an_error_with_its_name(cloud: Cloud, bucket: str) -> None:
    config = {"InputType": "JSONL"}
    reader = {
        "Resource": READS,
        "ReaderConfig": config,
        "Parameters": {"Bucket": bucket, "Key": "semicolons.csv"},
    }
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": EACH}
    error, cause = machine(cloud, ("map", state)).start().failure()
    assert error == "States.ItemReaderFailed"
    assert cause.startswith("The file cannot be read as JSONL")


def test_a_place_of_which_no_request_can_be_made_is_an_error_with_its_name(cloud: Cloud, bucket: str) -> None:
    reader = {"Resource": READS, "Parameters": {"Bucket": bucket, "Key.$": "$.key"}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": EACH}
    error, cause = machine(cloud, ("map", state)).start({"key": 5}).failure()
    assert error == "States.ItemReaderFailed", cause
    assert "Key" in cause


def test_a_map_is_tested_alone(cloud: Cloud) -> None:
    """TestState takes what the execution takes: it does not read, and its result is given."""
    reader = {"Resource": READS, "Parameters": WHERE, "ReaderConfig": {"InputType": "JSONL"}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": EACH, "End": True}
    state |= {"ItemBatcher": {"MaxItemsPerBatch": 2}, "ToleratedFailurePercentage": 5}
    states = another(cloud, "stepfunctions", cloud.stack.keys, inject_host_prefix=False)
    tested = states.test_state(definition=json.dumps(state), input="{}", mock={"result": "[1]"})
    assert (tested["status"], tested["output"]) == ("SUCCEEDED", "[1]"), tested


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"Transformation": "FLATTEN", "OutputType": "JSONL"}, "1\n2\n3\n"),
        ({"Transformation": "COMPACT", "OutputType": "JSON"}, "[[1,2],3]"),
    ],
)
def test_results_are_written_as_the_writer_says(
    cloud: Cloud, bucket: str, config: Document, text: str
) -> None:
    """In JSONata, too: where to write, and how many may fail, are expressions."""
    where = {"Bucket": "{% $states.input.bucket %}", "Prefix": "{% 'results/' & $states.input.name %}"}
    state: Document = {
        "Type": "Map",
        "Items": [[1, 2], 3, "fails"],
        "ItemProcessor": {
            **EACH,
            "States": {
                "each": {
                    "Type": "Choice",
                    "Choices": [{"Condition": "{% $states.input = 'fails' %}", "Next": "failed"}],
                    "Default": "done",
                },
                "done": {"Type": "Succeed"},
                "failed": {"Type": "Fail", "Error": "Failed"},
            },
        },
        "ToleratedFailureCount": "{% $states.input.most %}",
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": where,
            "WriterConfig": config,
        },
    }
    made = machine(cloud, ("map", state), QueryLanguage="JSONata")
    given = {"bucket": bucket, "name": unique("run"), "most": 1}
    key = made.start(given).output()["ResultWriterDetails"]["Key"]
    assert key.startswith(f"results/{given['name']}/")

    manifest = json.loads(cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read())["ResultFiles"]
    [succeeded], [failed] = manifest["SUCCEEDED"], manifest["FAILED"]
    assert succeeded["Key"].endswith(f"/SUCCEEDED_0.{config['OutputType'].lower()}")
    assert cloud.s3.get_object(Bucket=bucket, Key=succeeded["Key"])["Body"].read() == text.encode()
    told = cloud.s3.get_object(Bucket=bucket, Key=failed["Key"])["Body"].read()
    assert b'"Error":"Failed"' in told
    exceeded = "States.ExceedToleratedFailureThreshold"
    assert made.start(given | {"most": 0}).failure()[0] == exceeded
    state |= {"ToleratedFailureCount": 0, "ToleratedFailurePercentage": "{% $states.input.most %}"}
    by_percentage = machine(cloud, ("map", state), QueryLanguage="JSONata")
    assert by_percentage.start(given | {"most": 33}).failure()[0] == exceeded
    assert "MapRunArn" in by_percentage.start(given | {"most": 34.5}).output()


def test_a_writer_that_says_no_place_formats_the_output(cloud: Cloud) -> None:
    def output(transformation: str, output_type: str) -> object:
        config = {"Transformation": transformation, "OutputType": output_type}
        writer = {"WriterConfig": config}
        state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": EACH, "ResultWriter": writer}
        return machine(cloud, ("map", state)).start({"items": [[1, 2], 3]}).output()

    assert output("FLATTEN", "JSON") == [1, 2, 3]
    assert output("COMPACT", "JSONL") == "[1,2]\n3\n"
    told = output("NONE", "JSON")
    assert isinstance(told, list)
    assert [(one["Input"], one["Status"], one["Output"]) for one in told] == [
        ("[1,2]", "SUCCEEDED", "[1,2]"),
        ("3", "SUCCEEDED", "3"),
    ]
