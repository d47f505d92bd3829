"""DataProcessing: filters, and records joined with their answers."""

import pytest

from localcloud.sagemaker.jobs.data_processing import (
    CSV,
    JSON,
    JSON_LINES,
    Format,
    Processing,
    parse_json_path,
)
from localcloud.sagemaker.jobs.records import PayloadError

ROW = ["a", "b", "c", "d"]
OBJECT = {"id": 1, "features": {"x": [10, 20, 30]}, "label": "y"}


@pytest.mark.parametrize(
    ("path", "value", "selected"),
    [
        ("$", ROW, ROW),
        ("$[1:]", ROW, ["b", "c", "d"]),
        ("$[0]", ROW, "a"),
        ("$[-1]", ROW, "d"),
        ("$[0,2:]", ROW, ["a", "c", "d"]),
        ("$[0,-1]", ROW, ["a", "d"]),
        ("$[:-1]", ROW, ["a", "b", "c"]),
        ("$[1:3]", ROW, ["b", "c"]),
        ("$.features", OBJECT, OBJECT["features"]),
        ("$.features.x[1:]", OBJECT, [20, 30]),
        ("$['features']['x'][0]", OBJECT, 10),
        ("$['id','label']", OBJECT, {"id": 1, "label": "y"}),
    ],
)
def test_filters_select(path: str, value: object, selected: object) -> None:
    assert parse_json_path(path).select(value) == selected


@pytest.mark.parametrize(
    "path", ["", "a", "$x", "$..a", "$[*]", "$[?(@.a)]", "$[1", "$['a]", "$.", "$[]", "$[-]", "$[,1]"]
)
def test_what_is_no_filter_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a JSONPath"):
        parse_json_path(path)


@pytest.mark.parametrize(
    ("path", "value"), [("$[4]", ROW), ("$[0,4]", ROW), ("$.none", OBJECT), ("$.id.x", OBJECT), ("$.a", ROW)]
)
def test_what_a_record_does_not_have_is_an_error(path: str, value: object) -> None:
    with pytest.raises(PayloadError, match="The filter selects"):
        parse_json_path(path).select(value)


def processed(kind: str, records: bytes, answer: bytes, **how: object) -> tuple[bytes, bytes]:
    """Give what the model gets, and what goes into the output."""
    split, joins = how.get("by_line", True), how.get("joins", True)
    before, after = (parse_json_path(str(how.get(name, "$"))) for name in ("before", "after"))
    processing = Processing(Format(kind), Format(kind), before, after, bool(joins), bool(split))
    payload = b"".join(processing.before(records.splitlines(keepends=True)))
    return payload, processing.after(payload, answer)


def test_a_row_gets_its_answer_at_its_end() -> None:
    given = processed(CSV, b"a,1\r\nb,2\r\n", b"0.1,x\n0.2,y\n", before="$[1:]")
    assert given == (b"1\n2\n", b"a,1,0.1,x\nb,2,0.2,y\n")


def test_an_object_gets_its_answer_as_a_member() -> None:
    records = b'{"id": 1, "x": [5]}\n{"id": 2, "x": [6]}\n'
    payload, output = processed(
        JSON_LINES, records, b'{"p": 1}\n{"p": 2}\n', before="$.x", after="$['id','SageMakerOutput']"
    )
    assert payload == b"[5]\n[6]\n"
    lines = b'{"id": 1, "SageMakerOutput": {"p": 1}}\n{"id": 2, "SageMakerOutput": {"p": 2}}\n'
    assert output == lines


def test_what_is_no_object_stands_beside_its_answer() -> None:
    given = processed(JSON, b"[1,\n2]", b"[3]", by_line=False)
    assert given == (b"[1, 2]", b'{"SageMakerInput": [1, 2], "SageMakerOutput": [3]}')


def test_without_joining_the_answer_alone_is_filtered() -> None:
    assert processed(CSV, b"a\n", b"1,2\n", joins=False, after="$[1]") == (b"a\n", b"2\n")


def test_records_and_answers_must_be_as_many_and_readable() -> None:
    with pytest.raises(PayloadError, match="The model answered 2 records with 1"):
        processed(CSV, b"a\nb\n", b"1\n")
    with pytest.raises(PayloadError, match="A record is not JSON"):
        processed(JSON_LINES, b"{\n", b"1\n")
