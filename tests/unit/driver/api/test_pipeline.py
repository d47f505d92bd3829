import json
import os
from pathlib import Path

import pytest

from driver.api.execution import Execution
from driver.api.pipeline import Pipeline
from driver.api.session import Session, silent
from driver.model.exceptions import (
    CoordinatesError,
    DeadlineExceededError,
    EnvironmentNotReadyError,
    ExecutionFailedError,
    WrongUseError,
)
from tests.unit.driver.fakes import ID, PIPELINE, STEP, World


class Lines(list[str]):
    """What is told of progress."""


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def pipeline(succeeding: World, lines: Lines) -> Pipeline:
    return Pipeline(Session(succeeding.context(silent(lines.append))), "geospatial")


def test_an_input_goes_up_and_a_result_comes_down(
    succeeding: World, pipeline: Pipeline, lines: Lines, coordinates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    execution = pipeline.execute(coordinates, name="mine")
    assert execution.name == "mine"
    with pytest.raises(WrongUseError, match=r"still RUNNING.*Call wait first"):
        execution.result()
    with pytest.raises(DeadlineExceededError, match="2 seconds"):
        execution.wait(2)
    result = execution.wait().result()
    assert result
    assert result.read_text() == succeeding.pipelines.result
    assert result.parent.name == "mine"
    assert result.stat().st_mode & 0o077 == 0
    assert execution.status == "SUCCEEDED"
    assert execution.output()["results"]["vej_status"] == "COMPLETED"
    steps = [step for step in execution.steps() if step.subject == PIPELINE.rpartition("/")[2]]
    assert (steps[0].name, steps[0].outcome) == (STEP, "succeeded")
    assert "<svg" in execution._repr_html_()
    assert "SUCCEEDED" in execution._repr_html_()
    assert any(line.startswith("Uploading to s3://") for line in lines)
    assert capsys.readouterr() == ("", "")
    assert succeeding.screen.text == ""


def test_the_steps_are_printed_where_that_is_asked_for(
    pipeline: Pipeline, coordinates: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.execute(coordinates).wait(follow=True)
    assert f"{STEP} (Lambda): Succeeded" in capsys.readouterr().out


def test_a_result_is_downloaded_to_a_folder_of_the_users(
    succeeding: World, pipeline: Pipeline, coordinates: Path, tmp_path: Path
) -> None:
    execution = pipeline.execute(coordinates).wait()
    umask = os.umask(0o022)
    try:
        (path,) = execution.download(tmp_path / "new" / "mine")
    finally:
        os.umask(umask)
    assert path.read_text() == succeeding.pipelines.result
    modes = [found.stat().st_mode & 0o777 for found in (path.parents[1], path.parent, path)]
    assert modes == [0o755, 0o755, 0o644]


def test_a_result_without_addresses_is_warned_of(
    succeeding: World, pipeline: Pipeline, coordinates: Path
) -> None:
    succeeding.pipelines.result = (
        "Longitude,Latitude,reverse_geo.status\n52.5,13.4,No Result: far from any place\n"
    )
    execution = pipeline.execute(coordinates).wait()
    with pytest.warns(UserWarning, match="longitude and latitude are exchanged"):
        assert execution.result()


def test_the_pipeline_alone_is_executed(pipeline: Pipeline, coordinates: Path, tmp_path: Path) -> None:
    execution = pipeline.execute(coordinates, direct=True).wait()
    assert execution.arn == f"{PIPELINE}/execution/{ID}"
    assert execution.status == "Succeeded"
    assert (execution.output(), execution.events()) == (None, [])
    assert pipeline.executions() == pipeline.executions("Succeeded") == [execution]
    assert pipeline.executions("Failed") == []
    with pytest.raises(WrongUseError, match=r"no status 'SUCCEEDED'.*Succeeded"):
        pipeline.executions("SUCCEEDED")
    assert execution.wait().download(tmp_path / "mine")[0].parent == tmp_path / "mine"


def test_parameters_that_are_no_text_are_json(
    succeeding: World, pipeline: Pipeline, coordinates: Path
) -> None:
    given = {"parameter_run_id": "mine", "parameter_vej_input_config": {"a": [True]}}
    execution = pipeline.execute(coordinates, parameters=given, direct=True)
    kept = succeeding.pipelines.started_with[execution.arn]
    assert kept["parameter_run_id"] == "mine"
    assert json.loads(kept["parameter_vej_input_config"]) == {"a": [True]}
    with pytest.raises(WrongUseError, match="no parameter 'Gone'"):
        pipeline.execute(coordinates, parameters={"Gone": 1})


def test_what_cannot_be_executed_is_refused_before_anything_is_done(
    succeeding: World, pipeline: Pipeline, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("Longitude,Latitude\n500,1\n")
    with pytest.raises(CoordinatesError, match="500"):
        pipeline.execute(bad)
    with pytest.raises(CoordinatesError, match=r"gone\.csv"):
        pipeline.execute(tmp_path / "gone.csv")
    with pytest.raises(WrongUseError, match="cannot name"):
        pipeline.execute(bad, name="two words")
    for name in "ab":
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / f"{name}.csv").write_text("Longitude,Latitude\n1,1\n")
    with pytest.raises(WrongUseError, match=r"2 files.*execute_many"):
        pipeline.execute(tmp_path / "folder")
    assert not succeeding.storage.objects


def test_several_are_executed_and_the_results_left_to_the_caller(
    succeeding: World, pipeline: Pipeline, coordinates: Path
) -> None:
    (execution,) = pipeline.execute_many([coordinates], parallel=1)
    assert execution.status == "SUCCEEDED"
    assert succeeding.workspace.runs() == []
    assert pipeline.execute_many([]) == []


@pytest.mark.parametrize("parallel", [0, -1, 101])
def test_as_many_as_cannot_run_at_once_are_refused(
    succeeding: World, pipeline: Pipeline, coordinates: Path, parallel: int
) -> None:
    with pytest.raises(WrongUseError, match="from 1 to 100"):
        pipeline.execute_many([coordinates], parallel=parallel)
    assert not succeeding.storage.objects


def test_a_failure_names_step_and_reason(failing: World, coordinates: Path) -> None:
    pipeline = Pipeline(Session(failing.context(silent(None))), "geospatial")
    execution = pipeline.execute(coordinates)
    with pytest.raises(ExecutionFailedError, match=f"Step {STEP}") as raised:
        execution.wait()
    described = execution.wait(check=False).describe()
    assert described.reason
    assert described.reason in str(raised.value)
    assert described.outcome == "failed"
    with pytest.raises(ExecutionFailedError):
        execution.result()
    assert "color:#b3201f" in execution._repr_html_()


def test_it_tells_what_it_is(succeeding: World, pipeline: Pipeline) -> None:
    succeeding.pipelines.definitions[PIPELINE.rpartition("/")[2]] = {"Version": "2020-12-01", "Steps": []}
    assert (pipeline.arn, pipeline.name) == (PIPELINE, "geospatial")
    assert "parameter_run_id" in pipeline.parameters
    assert "Steps" in pipeline.definition
    assert "<svg" in pipeline._repr_html_()


def test_logs_and_report_of_an_execution(pipeline: Pipeline, coordinates: Path, tmp_path: Path) -> None:
    execution = pipeline.execute(coordinates).wait()
    assert isinstance(execution.logs(), list)
    report = execution.report(tmp_path / "report.html")
    assert "<svg" in report.read_text()
    picture = tmp_path / "graph.svg"
    assert execution.graph(picture) == picture.read_text()


def test_without_pandas_it_says_what_to_install(
    pipeline: Pipeline, coordinates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    execution: Execution = pipeline.execute(coordinates).wait()
    with pytest.raises(EnvironmentNotReadyError, match="pip install pandas"):
        execution.dataframe()
