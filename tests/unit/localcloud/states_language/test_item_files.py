import gzip
import json

import pytest

from localcloud.states_language import item_files
from localcloud.states_language.item_files import (
    ItemsError,
    athena_files,
    inventory_files,
    inventory_items,
    items_of,
)

CSV = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
GIVEN = {"InputType": "CSV", "CSVDelimiter": "TAB", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"]}
JSON = {"InputType": "JSON"}
WITHOUT_KEYS = {
    "destinationBucket": "arn:aws:s3:::there",
    "fileFormat": "CSV",
    "fileSchema": "Key",
    "files": [{"key": 1}],
}
NESTED = {"a/b": [{"x": {"one": 1}}, {"x": [7]}], "~": []}


@pytest.mark.parametrize(
    ("content", "config", "items"),
    [
        ('b,a,1\n"x,y",2\n', CSV, [{"1": "", "a": "2", "b": "x,y"}]),
        ("b|a\r\n1|2|3\r\n", {**CSV, "CSVDelimiter": "PIPE"}, [{"a": "2", "b": "1"}]),
        ("1\t2\n", GIVEN, [{"x": "1", "y": "2"}]),
        ("path,n\nC:\\\\x\\y\\,z,1\n", CSV, [{"n": "1", "path": "C:\\xy,z"}]),
        (f"a\n{'x' * 200_000}\n", CSV, [{"a": "x" * 200_000}]),
        ("", CSV, []),
        ('\ufeff{"a": 1}\n\n[2]\n"3"', {"InputType": "JSONL"}, [{"a": 1}, [2], "3"]),
        ('"a\u2028b\x85"\r\n1\r\n', {"InputType": "JSONL"}, ["a\u2028b\x85", 1]),
        ("[1, 2]", JSON, [1, 2]),
        ('{"a": 1}', JSON, [{"Key": "a", "Value": 1}]),
        (json.dumps(NESTED), {**JSON, "ItemsPointer": "/a~1b/1/x"}, [7]),
        (json.dumps(NESTED), {**JSON, "ItemsPointer": "/a~1b/0/x"}, [{"Key": "one", "Value": 1}]),
        (json.dumps(NESTED), {**JSON, "ItemsPointer": "/~0"}, []),
    ],
)  # fmt: skip
def test_items_are_read_from_each_type_of_file(
    content: str, config: dict[str, object], items: object
) -> None:
    assert items_of(content.encode(), config) == items
    assert items_of(gzip.compress(content.encode()), config) == items


@pytest.mark.parametrize(
    ("content", "config", "message"),
    [
        ("a,a\n", CSV, "CSV headers cannot contain duplicates."),
        ("3", JSON, "Attempting to map over non-iterable node."),
        ("[", JSON, "The file cannot be read as JSON"),
        ("{}\n{", {"InputType": "JSONL"}, "The file cannot be read as JSONL"),
        ("[1]", {**JSON, "ItemsPointer": "/2"}, "The ItemsPointer /2 leads to nothing."),
        ("[[1]]", {**JSON, "ItemsPointer": "/-1"}, "The ItemsPointer /-1 leads to nothing."),
        ("[NaN]", JSON, "Unrecognized token 'NaN'"),
        ("[" * 100_000, JSON, "The file cannot be read as JSON"),
        ("\x1f\ufffd", {"InputType": "PARQUET"}, "does not read items of type PARQUET"),
    ],
)
def test_a_file_without_such_items_is_an_error(content: str, config: dict[str, object], message: str) -> None:
    with pytest.raises(ItemsError, match=message):
        items_of(content.encode(), config)
    with pytest.raises(ItemsError, match="cannot be read as CSV"):
        items_of(b"\x1f\x8bcut", CSV)


def test_manifests_name_files() -> None:
    manifest = {
        "destinationBucket": "arn:aws:s3:::there",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/1.csv.gz", "size": 3}],
    }
    columns = ["Bucket", "Key", "Size"]
    assert inventory_files(json.dumps(manifest).encode()) == ("there", ["inventory/1.csv.gz"], columns)
    content = gzip.compress(b'"b","a%20b%2Bc.csv","1"\n')
    assert inventory_items(content, columns) == [{"Bucket": "b", "Key": "a b+c.csv", "Size": "1"}]
    with pytest.raises(ItemsError, match="this one is in ORC"):
        inventory_files(json.dumps(manifest | {"fileFormat": "ORC"}).encode())
    for wrong in (b"[]", b"\xff", json.dumps(manifest | {"fileSchema": 5}), json.dumps(WITHOUT_KEYS)):
        with pytest.raises(ItemsError, match="no manifest of an S3 Inventory"):
            inventory_files(wrong.encode() if isinstance(wrong, str) else wrong)

    assert athena_files(b"s3://b/one/1#a?b.gz\r\ns3://c/2\n") == [("b", "one/1#a?b.gz"), ("c", "2")]
    for content in (b"one/1.gz", b"s3://b/", b"\xff", b"\x1f\x8bcut"):
        with pytest.raises(ItemsError, match="no manifest of Athena"):
            athena_files(content)


def test_a_small_file_does_not_fill_the_memory_once_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_files, "LARGEST_UNPACKED", 1 << 20)
    assert items_of(gzip.compress(b" " * ((1 << 20) - 2) + b"[]"), JSON) == []
    with pytest.raises(ItemsError, match="The local cloud unpacks files of at most 1 MiB"):
        items_of(gzip.compress(b" " * (1 << 20) + b"[]"), JSON)
