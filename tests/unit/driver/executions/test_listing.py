import io
import json
from dataclasses import replace

import pytest

from driver.commands.executions import Executions
from driver.executions.listing import describe_input
from driver.host.console import Console
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import OUTPUTS, PIPELINE, World, execution, run, step

DRIVEN = "drivendriven"


def listed(world: World, limit: int = 10) -> list[list[str]]:
    Executions(world.context())(limit)
    return [line.split() for line in world.screen.text.splitlines()]


def test_both_kinds_are_listed_the_newest_first_and_none_twice(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution("oldoldoldold", Status.SUCCEEDED))
    world.pipelines.plays(
        replace(execution(DRIVEN, Status.EXECUTING, minutes=1), display_name=f"run-1-{'a' * 32}")
    )
    world.pipelines.plays(execution("newnewnewnew", Status.STOPPED, minutes=2))
    world.state_machines.plays(run("run-1", StateMachineStatus.RUNNING, pipeline=DRIVEN, minutes=1))
    lines = listed(world)
    assert [line[0] for line in lines] == ["Execution", "newnewnewnew", "run-1", "oldoldoldold"]
    assert lines[1][1:2] + lines[1][4:] == ["pipeline", "Stopped", "5.0", "s"]
    assert lines[2][1:3] + lines[2][5:] == ["state", "machine", "RUNNING"]


def test_a_state_machine_that_failed_says_why_in_one_line(world: World) -> None:
    world.deploy()
    cause = "Step a failed: " + "x" * 300 + "\nStep failure: One or multiple steps failed."
    world.state_machines.plays(run("run-1", StateMachineStatus.FAILED, error="E", cause=cause))
    listed(world)
    (reason,) = (line for line in world.screen.text.splitlines() if line.startswith("    "))
    assert reason.startswith("    E: Step a failed: xxx")
    assert len(reason) == 200
    assert reason.endswith("…")


def test_a_pipeline_that_failed_says_which_step_and_why(world: World) -> None:
    world.deploy()
    steps = step("good", Status.SUCCEEDED), step("bad", Status.FAILED, "no such file")
    world.pipelines.plays(execution("newnewnewnew", Status.FAILED, "Step failure"), *steps)
    listed(world)
    assert "    Step bad: no such file\n" in world.screen.text


def test_a_pipeline_that_failed_without_a_failed_step_says_aws_words(world: World) -> None:
    world.deploy()
    world.pipelines.plays(execution("newnewnewnew", Status.FAILED, "Internal failure"))
    listed(world)
    assert "    Internal failure\n" in world.screen.text


def test_no_more_are_listed_than_asked_for(world: World) -> None:
    world.deploy()
    for minutes in (0, 2, 4):
        world.pipelines.plays(execution(f"pipeline000{minutes}", Status.SUCCEEDED, minutes=minutes))
        world.state_machines.plays(run(f"run-{minutes}", StateMachineStatus.SUCCEEDED, minutes=minutes + 1))
    assert [line[0] for line in listed(world, 3)] == ["Execution", "run-4", "pipeline0004", "run-2"]


def test_a_deployment_without_a_state_machine_lists_its_pipelines(world: World) -> None:
    world.deploy()
    before = {name: value for name, value in OUTPUTS.items() if "state_machine" not in name}
    world.workspace.keep_outputs(before)
    world.pipelines.plays(execution("newnewnewnew", Status.SUCCEEDED))
    assert [line[0] for line in listed(world)] == ["Execution", "newnewnewnew"]


def test_that_nothing_was_run_is_an_answer(world: World) -> None:
    world.deploy()
    listed(world)
    assert "invoke run-pipeline" in world.screen.text


BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 160])
def test_on_a_narrow_terminal_name_and_status_are_both_whole(
    world: World, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    world.deploy()
    world.state_machines.plays(run("run-20261121T120000-abcdef", StateMachineStatus.SUCCEEDED))
    out = Terminal()
    Executions(world.context(Console(out, io.StringIO())))(10)
    lines = out.getvalue().splitlines()
    assert max(len(line.replace(BOLD, "").replace(PLAIN, "")) for line in lines) <= columns
    assert "run-20261121T120000-abcdef" in out.getvalue()
    assert "SUCCEEDED" in out.getvalue()
    assert ("Started" in lines[0].split()) is (columns == 160)


def test_what_each_was_started_with_is_told(world: World) -> None:
    world.deploy()
    seen = run("run-1", StateMachineStatus.SUCCEEDED, minutes=1)
    world.state_machines.plays(replace(seen, input=json.dumps({"hyperparameters": {"max-depth": "4"}})))
    world.pipelines.plays(execution("newnewnewnew", Status.SUCCEEDED))
    world.pipelines.started_with[f"{PIPELINE}/execution/newnewnewnew"] = {
        "region": str(OUTPUTS["region"]),
        "config": '{"S3Data": {"S3Uri": "s3://b/k"}}',
    }
    program = Program()
    listed(world)
    assert "    with hyperparameters.max-depth=4\n" in world.screen.text
    assert "    with config.S3Uri=s3://b/k\n" in world.screen.text
    Executions(world.context(program.console))(10)
    inputs = [found["input"] for found in program.document("executions")["executions"]]
    assert inputs[0] == {"hyperparameters": {"max-depth": "4"}}
    assert inputs[1]["region"] == OUTPUTS["region"]


def test_of_a_pipelines_input_only_what_was_chosen_is_told(world: World) -> None:
    world.deploy()
    uploads = f"s3://{OUTPUTS['bucket_name']}/samplefiles/run-1"
    parameters = {
        "parameter_vej_input_config": json.dumps(
            {"DataSourceConfig": {"S3Data": {"S3Uri": f"{uploads}/my towns.csv"}}}
        ),
        "parameter_vej_export_config": json.dumps({"S3Data": {"S3Uri": "s3://b/outputfiles/run-1/"}}),
        "parameter_mine": "7",
    }
    of_geocoding = {"parameter_input_uri": "s3://other/towns.csv", "parameter_output_uri": "s3://b/o/"}
    seen = run("run-1", StateMachineStatus.SUCCEEDED, minutes=1)
    world.state_machines.plays(replace(seen, input=json.dumps({"parameters": parameters})))
    seen = run("run-2", StateMachineStatus.SUCCEEDED, minutes=2)
    asked = {"pipeline": "geocoding", "parameters": of_geocoding}
    world.state_machines.plays(replace(seen, input=json.dumps(asked)))
    world.pipelines.plays(execution("newnewnewnew", Status.SUCCEEDED))
    world.pipelines.started_with[f"{PIPELINE}/execution/newnewnewnew"] = parameters
    listed(world)
    assert world.screen.text.count("    with input=my towns.csv  parameter_mine=7\n") == 2
    assert "    with pipeline=geocoding  input=s3://other/towns.csv\n" in world.screen.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("{}", ""),
        ("no JSON", ""),
        ("[1]", "[1]"),
        ('{"a": {"b": [1, "x"]}, "c": null, "d": "2"}', 'a.b=[1, "x"]  d=2'),
        ('{"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID": "arn", "a": "known"}', ""),
    ],
)
def test_an_input_is_written_as_settings(text: str, told: str) -> None:
    assert describe_input(text, ["known"]) == told


def test_a_long_input_is_cut() -> None:
    told = describe_input(json.dumps({"a": "x" * 1000}))
    assert len(told) == 402
    assert told.endswith(" …")
