import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.executions.workflow.fetching import fetch_output, local_names
from driver.executions.workflow.output import Metric, read_output
from driver.executions.workflow.showing import show_output
from driver.model.exceptions import NoRoomError
from tests.unit.driver.fakes import BUCKET, FakeStorage, Screen

MODEL = f"s3://{BUCKET}/out/run-1/job-1/output/model.tar.gz"
TRAINED: dict[str, Any] = {
    "TrainingJobName": "job-1",
    "TrainingJobArn": "arn:aws:sagemaker:us-west-2:000000000000:training-job/job-1",
    "TrainingJobStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": MODEL},
    "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/data/"}}}],
    "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.12345678, "Timestamp": 1}],
    "SecondaryStatusTransitions": [
        {"Status": "Training", "StartTime": 1795748466000, "EndTime": 1795748469500},
        {"Status": "Completed", "StartTime": 1795748469500, "EndTime": 1795748469500},
    ],
    "BillableTimeInSeconds": 3,
}
PROCESSED = {
    "ProcessingJobName": "p",
    "ProcessingJobArn": "arn",
    "ProcessingJobStatus": "Completed",
    "ExitMessage": "133 rows",
    "CreationTime": "2026-11-27T03:00:00Z",
    "ProcessingStartTime": "2026-11-27T03:00:01.5Z",
    "ProcessingEndTime": "2026-11-27T03:00:04Z",
    "ProcessingOutputConfig": {
        "Outputs": [{"S3Output": {"S3Uri": f"s3://{BUCKET}/a"}}, {"FeatureStoreOutput": {}}]
    },
}


def shown(output: object) -> str:
    screen = Screen()
    show_output(read_output(json.dumps(output)), screen.console)
    return screen.text


def test_a_training_job_is_its_metrics_its_times_and_what_it_wrote() -> None:
    output = read_output(json.dumps(TRAINED))
    assert output.job
    assert output.job.metrics == (Metric("loss", 0.12345678),)
    assert output.files == (MODEL,)
    text = shown(TRAINED)
    assert text.startswith("\nTraining job job-1: Completed\n")
    for words in ("loss    0.123457", "Training  ", "3.5 s", MODEL):
        assert words in text
    assert len(text.splitlines()) < 16


def test_other_jobs_are_known_by_their_members_too() -> None:
    text = shown(PROCESSED)
    assert "Processing job p: Completed\nIt says: 133 rows\n" in text
    assert [line.split()[0] for line in text.splitlines() if line.endswith(" s")] == [
        "Starting",
        "Processing",
    ]
    transformed = {
        "TransformJobName": "t",
        "TransformJobArn": "a",
        "TransformOutput": {"S3OutputPath": "s3://b/o"},
    }
    assert read_output(json.dumps(transformed)).files == ("s3://b/o",)


def test_a_list_of_objects_is_a_table_and_the_rest_is_lines() -> None:
    rows: list[dict[str, Any]] = [
        {"uri": MODEL, "value": 0.5, "name": name, "more": {}} for name in ("small", "large")
    ]
    output = read_output(json.dumps({"best": rows[0], "results": rows, "empty": []}))
    assert output.files == (MODEL,)
    (table,) = output.tables
    assert table.columns == ("name", "value", "uri")
    text = shown({"best": {"name": "small"}, "results": rows})
    assert "best\n  name  small\n\nresults: 2 rows\nname   value  uri" in text


@pytest.mark.parametrize(
    ("output", "text"), [(None, "null"), (3, "3"), ("é", '"é"'), ([1, 2], "[1, 2]"), ([], "[]")]
)
def test_an_output_that_is_no_object_is_shown_as_it_is(output: object, text: str) -> None:
    assert shown(output) == f"\n{text}\n"


def test_an_answer_of_lambda_that_names_a_job_is_no_job() -> None:
    assert read_output(json.dumps({"TrainingJobName": "sagestep-train"})).job is None


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text() | st.sampled_from([*TRAINED, *PROCESSED]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(documents)
def test_any_output_can_be_shown(value: object) -> None:
    assert shown(value)
    if isinstance(value, dict):
        assert shown(TRAINED | value)


def test_what_an_output_names_is_downloaded_with_the_output(tmp_path: Path) -> None:
    names = (
        "out/run-1/job-1/output/model.tar.gz",
        "out/run-1/job-10/output/model.tar.gz",
        "a/",
        "a/x/y",
        "ab",
    )
    storage = FakeStorage({f"{BUCKET}/{name}": name for name in names})
    screen, output = Screen(), read_output(json.dumps([MODEL, f"s3://{BUCKET}/a", "s3://gone/away"]))
    written = fetch_output(storage, output, tmp_path / "new/results", screen.console)
    assert [str(path.relative_to(tmp_path / "new/results")) for path in written] == [
        "output.json",
        "out/run-1/job-1/output/model.tar.gz",
        "a/x/y",
    ]
    assert json.loads(written[0].read_text()) == output.value
    assert written[2].read_text() == "a/x/y"
    assert "! there is nothing under s3://gone/away" in screen.text
    assert "wrote 3 files" in screen.text


def test_nothing_is_downloaded_to_a_full_disk(tmp_path: Path) -> None:
    storage, output = FakeStorage({f"{BUCKET}/a": "x"}), read_output(f'"s3://{BUCKET}/a"')
    with pytest.raises(NoRoomError):
        fetch_output(storage, output, tmp_path, Screen().console, free=lambda _: 0)
    assert not list(tmp_path.iterdir())


def test_one_object_keeps_its_name_alone_and_several_what_they_differ_in() -> None:
    assert local_names([("b", "out", "model.tar.gz")]) == [("model.tar.gz",)]
    assert local_names([("b", "out", "1", "m"), ("b", "out", "2", "m")]) == [("1", "m"), ("2", "m")]
    assert local_names([]) == []


@given(st.lists(st.text("ab./\0"), min_size=1, max_size=3))
def test_no_key_leaves_the_folder(keys: list[str]) -> None:
    for name in local_names([("bucket", *key.split("/")) for key in keys]):
        assert name
        assert not {"", ".", ".."} & set(name)
        assert not any("/" in part or "\0" in part for part in name)
