"""Runs of the state machine as a user sees them: followed, left, come back to, stopped, listed."""

import pytest

from tests.integration.executions import finish, start_execution, status, unfed, wait_for_callback
from tests.integration.runs import describe_run, finish_run, pipeline_of, start_run
from tests.integration.stack import Stack
from tests.integration.wire import eventually

pytestmark = pytest.mark.integration


def name_of(run: str) -> str:
    """Give the name of a state machine's execution."""
    return run.rpartition(":")[2]


def test_a_run_shows_the_steps_and_ends_with_the_state_machines_output(deployed: Stack) -> None:
    output = deployed.invoke("run-pipeline").output
    for words in ("vej-processing-step", "answer-task", "SUCCEEDED", "pipelineExecutionArn", "Anchorage"):
        assert words in output


def test_a_direct_run_has_no_state_machine(deployed: Stack) -> None:
    before = len(
        deployed.states.list_executions(stateMachineArn=deployed.output("state_machine_arn"))["executions"]
    )
    output = deployed.invoke("run-pipeline", "--direct").output
    assert "Anchorage" in output
    assert "SUCCEEDED" not in output
    after = deployed.states.list_executions(stateMachineArn=deployed.output("state_machine_arn"))[
        "executions"
    ]
    assert len(after) == before


def test_coming_back_by_name_shows_the_result(deployed: Stack) -> None:
    run = start_run(deployed)
    assert "Anchorage" in deployed.invoke("attach", "--execution", name_of(run)).output
    assert "Anchorage" in deployed.invoke("attach", "--execution", run).output


def test_coming_back_to_a_failed_run_tells_the_step_and_its_reason(deployed: Stack) -> None:
    run = start_run(deployed, parameter_vej_input_config="{not json")
    finish_run(deployed, run)
    shown = deployed.invoke("attach", "--execution", run, expect=1).output
    for words in ("PipelineExecutionFailed", "vej-processing-step", "vej_input_config"):
        assert words in shown


def test_an_execution_that_never_was_is_wrong_use(deployed: Stack) -> None:
    shown = deployed.invoke("attach", "--execution", "run-that-never-was", expect=2).output
    assert "invoke executions" in shown


def test_stop_ends_the_state_machine_and_its_pipeline(deployed: Stack) -> None:
    with unfed(deployed):
        run = start_run(deployed)
        execution = pipeline_of(deployed, run)
        wait_for_callback(deployed, execution)
        stopping = deployed.start("stop", "--execution", name_of(run))
        eventually(lambda: status(deployed, execution), "Stopping".__eq__)
        assert describe_run(deployed, run)["status"] == "ABORTED"
    output, _ = stopping.communicate(timeout=60)
    assert stopping.returncode == 0, output
    assert status(deployed, execution) == "Stopped"
    again = deployed.invoke("stop", "--execution", name_of(run))
    assert "ABORTED" in again.output


def test_executions_lists_both_kinds_with_the_reason_of_a_failure(deployed: Stack) -> None:
    failed = start_run(deployed, parameter_vej_input_config="{not json")
    direct = start_execution(deployed)
    finish_run(deployed, failed)
    finish(deployed, direct)
    shown = deployed.invoke("executions", "--limit", "2").output
    for words in (name_of(failed), "FAILED", "vej-processing-step", direct.rpartition("/")[2], "Succeeded"):
        assert words in shown
    its_pipeline = pipeline_of(deployed, failed).rpartition("/")[2]  # not listed a second time
    assert not any(line.startswith(its_pipeline) for line in shown.splitlines())


def test_down_stops_runs_of_both_kinds_only_when_told_so(deployed: Stack) -> None:
    with unfed(deployed):
        run = start_run(deployed)
        wait_for_callback(deployed, pipeline_of(deployed, run))
        asked = deployed.invoke("down", expect=2)
        assert name_of(run) in asked.output
        assert describe_run(deployed, run)["status"] == "RUNNING"
    assert finish_run(deployed, run)["status"] == "SUCCEEDED"
