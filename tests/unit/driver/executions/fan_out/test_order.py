from dataclasses import replace

import pytest

from driver.executions.fan_out.order import (
    Limits,
    ReaderKind,
    Target,
    described,
    execution_input,
    remote_items,
    split_settings,
)
from driver.executions.names import Kind, find_arn, is_of_fan_out, kind_of, short_name
from driver.model.exceptions import WrongUseError
from driver.model.values import Outputs
from tests.unit.driver.fakes import OUTPUTS, RUNS, STATE_MACHINE, WORKFLOWS

ALLOWED = ["s3://bucket/samplefiles/*", "s3://bucket/workflows/*"]


@pytest.mark.parametrize(
    ("said", "count", "percentage"),
    [
        ("", 0, 0),
        ("0", 0, 0),
        ("0%", 0, 0),
        ("3", 3, 100),
        ("10%", 10_000_000, 10),
        ("2.5%", 10_000_000, 2.5),
    ],
)
def test_the_tolerance_that_nobody_gave_is_as_high_as_it_can_be(
    said: str, count: int, percentage: float
) -> None:
    assert Limits.read(4, said) == Limits(4, count, percentage)


def test_items_in_batches_are_read_by_another_map() -> None:
    target = Target("arn", "geocoding", {})
    limits = Limits.read(4, "10%", 20)
    assert limits == Limits(4, 10_000_000, 10, 20)
    given = execution_input(ReaderKind.ROWS, "k", target, limits, "")
    assert (given["reader"], given["batch_size"]) == ("RowsInBatches", 20)
    assert described(given)["batch_size"] == 20


@pytest.mark.parametrize("said", ["x", "-1", "101%", "1.5", "%", "10000001", "nan%"])
def test_a_tolerance_that_is_no_number_of_items_is_refused(said: str) -> None:
    with pytest.raises(WrongUseError, match="no number of items"):
        Limits.read(4, said)


@pytest.mark.parametrize(
    ("uri", "kind", "key"),
    [
        ("s3://bucket/samplefiles/a/", ReaderKind.OBJECTS, "samplefiles/a/"),
        ("s3://bucket/workflows/a.CSV", ReaderKind.ROWS, "workflows/a.CSV"),
        ("s3://bucket/samplefiles/a.b/c.json", ReaderKind.MEMBERS, "samplefiles/a.b/c.json"),
    ],
)
def test_how_items_in_s3_are_read_is_told_by_their_name(uri: str, kind: ReaderKind, key: str) -> None:
    assert remote_items(uri, ALLOWED, "bucket") == (kind, key)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("s3://bucket/outputfiles/a/", "may not read"),
        ("s3://other/samplefiles/a/", "may not read"),
        ("s3://bucket/samplefiles/a.txt", "not known how"),
        ("s3://bucket/samplefiles/a", "not known how"),
    ],
)
def test_items_that_the_state_machine_cannot_read_are_refused(uri: str, why: str) -> None:
    with pytest.raises(WrongUseError, match=why):
        remote_items(uri, ALLOWED, "bucket")


def test_what_is_set_several_times_is_a_list_and_lists_are_combined() -> None:
    once, items = split_settings(["a=1", "b=2", "a=3", "c=4", "b=5"])
    assert once == ["c=4"]
    assert items == [{"a": "1", "b": "2"}, {"a": "1", "b": "5"}, {"a": "3", "b": "2"}, {"a": "3", "b": "5"}]
    assert split_settings(["c=4=5"]) == (["c=4=5"], [])


def test_the_input_says_what_is_executed_for_each_item() -> None:
    pipeline = Target("arn:p", "churn", {"data": "${input_uri}"})
    written = execution_input(ReaderKind.OBJECTS, "samplefiles/a/", pipeline, Limits(2), "outputfiles/run/")
    assert written == {
        "reader": "Objects",
        "key": "samplefiles/a/",
        "max_concurrency": 2,
        "tolerated_failure_count": 0,
        "tolerated_failure_percentage": 0,
        "run": {
            "state_machine_arn": "arn:p",
            "results": "outputfiles/run/",
            "pipeline": "churn",
            "parameters": {"data": "${input_uri}"},
        },
    }
    assert Target("arn:w", "", {"a": 1}).document("x/") == {
        "state_machine_arn": "arn:w",
        "results": "x/",
        "inputs": {"a": 1},
    }


def test_a_fan_out_has_a_name_of_its_own_kind() -> None:
    machine = STATE_MACHINE.replace("run-pipeline", "fan-out")
    here = replace(Outputs.read({**OUTPUTS, **WORKFLOWS}), fan_out_state_machine_arn=machine)
    arn = f"{RUNS.replace('run-pipeline', 'fan-out')}:nightly"
    assert (kind_of(arn, here), short_name(arn, here)) == (Kind.FAN_OUT, "fan-out/nightly")
    assert find_arn("fan-out/nightly", here) == find_arn(arn, here) == arn


@pytest.mark.parametrize(
    ("name", "is_item"),
    [
        ("run-20261121T102059-44e07e-0", True),
        ("run-20261121T102059-44e07e-12-r3", True),
        ("run-20261121T102059-44e07e", False),
        ("run-20261121T102059-123456", False),
        ("nightly-1", False),
        ("weekly-5-1", True),
        ("weekly-5-10-r2", True),
        ("weekly-5", False),
    ],
)
def test_the_items_of_a_fan_out_are_known_by_their_names(name: str, is_item: bool) -> None:
    assert is_of_fan_out(name, {"weekly-5"}) is is_item


@pytest.mark.parametrize("number", [0, 7, 100, 10_000_000])
def test_only_a_limit_that_nobody_gave_is_not_listed(number: int) -> None:
    given = {"key": "k", "max_concurrency": number, "run": {"pipeline": "p"}}
    limits = {"tolerated_failure_count": 100, "tolerated_failure_percentage": 100}
    told = described({**given, **limits})
    assert told == {"pipeline": "p", "key": "k", "max_concurrency": number, "tolerated_failure_count": 100}
    limits = {"tolerated_failure_count": 10_000_000, "tolerated_failure_percentage": 5}
    assert described({**given, **limits})["tolerated_failure_percentage"] == 5
    assert "tolerated_failure_count" not in described({**given, **limits})


def test_an_input_that_somebody_else_wrote_is_listed_as_it_is() -> None:
    run = {"state_machine_arn": "arn:aws:states:us-west-2:000000000000:stateMachine:x-train"}
    told = described({"key": ["a"], "tolerated_failure_count": {}, "run": run})
    assert told == {"state_machine": "x-train", "key": ["a"], "tolerated_failure_count": {}}
