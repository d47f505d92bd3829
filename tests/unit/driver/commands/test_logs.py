import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from driver.commands.logs import LogRequest, Logs
from driver.executions.outcomes import where_logs_are
from driver.host.console import Console, Voice
from driver.model.exceptions import InterruptedByUserError, WrongUseError
from driver.model.status import Status
from tests.unit.driver.documents import valid
from tests.unit.driver.fakes import AWS, ID, LOCAL, NOON, RUNS, World, execution, step
from tests.unit.driver.histories import History, training

SCHEMA = Path(__file__).resolve().parents[4] / "driver/commands/schemas/logs.schema.json"
TRAIN = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
JOBS, JOB = "/aws/sagemaker/TrainingJobs", "sagestep-train-run-1"
STREAM = f"{JOB}/algo-1-1795273669"
FUNCTION = "/aws/lambda/sagestep-geospatial"
STATES = "/aws/vendedlogs/states/sagestep-train"


@pytest.fixture
def deployed(world: World) -> World:
    world.deploy(workflows=True)
    return world


def logs(world: World, console: Console | None = None) -> Logs:
    return Logs(world.context(console), now=lambda: NOON + timedelta(seconds=world.now))


def collected(world: World, request: LogRequest) -> dict[str, Any]:
    return dict(logs(world).collect(request).document())


def messages(document: dict[str, Any]) -> list[str]:
    return [event["message"] for event in document["events"]]


def train(world: World, history: History | None = None) -> None:
    """Let an execution of the workflow train have begun at noon, which takes two seconds."""
    world.state_machines.histories[TRAIN] = (history or training()).events
    world.logs.write(JOBS, STREAM, "Epoch 1", at=0.5)
    world.logs.write(JOBS, STREAM, "Epoch 2", "accuracy=1.0", at=1.5, arrives=2.2)


def failed(message: str, arn: str = TRAIN) -> str:
    return json.dumps({"type": "TaskFailed", "execution_arn": arn, "details": {"error": message}})


def test_the_newest_execution_is_meant_and_only_its_own_lines(deployed: World) -> None:
    train(deployed)
    deployed.logs.write(JOBS, f"{JOB}0/algo-1-1", "another job's", at=1)
    deployed.logs.write(STATES, "states/1", failed("theirs", f"{TRAIN}0"), failed("ours"), at=1)
    deployed.now = 10
    document = collected(deployed, LogRequest())
    assert document["execution"] == TRAIN
    assert messages(document) == ["Epoch 1", failed("ours"), "Epoch 2", "accuracy=1.0"]
    assert deployed.screen.errors == "Logs of execution train/run-1\n"


def test_the_document_is_as_its_schema_says(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    document = json.loads(json.dumps(collected(deployed, LogRequest(TRAIN))))
    validator.validate(document)
    assert document["events"][0] == {
        "time": "2026-11-21T12:00:00.500+00:00",
        "source": JOB,
        "group": JOBS,
        "stream": STREAM,
        "message": "Epoch 1",
        "is_error": False,
    }
    validator.validate(collected(deployed, LogRequest(function="geospatial")))
    assert not validator.is_valid(document | {"more": 1})


def test_what_was_read_is_shown_line_by_line(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    logs(deployed)(LogRequest(TRAIN))
    assert deployed.screen.text.splitlines() == [
        f"2026-11-21T12:00:00.500+00:00 {JOB}   Epoch 1",
        f"2026-11-21T12:00:01.500+00:00 {JOB}   Epoch 2",
        f"2026-11-21T12:00:01.500+00:00 {JOB}   accuracy=1.0",
    ]


def test_lines_of_several_instances_name_theirs(deployed: World) -> None:
    train(deployed)
    deployed.logs.write(JOBS, f"{JOB}/algo-2-1795273669", "Epoch 1", at=0.7)
    deployed.now = 10
    logs(deployed)(LogRequest(TRAIN))
    assert [line.partition(JOB)[2] for line in deployed.screen.text.splitlines()] == [
        "   Epoch 1",
        "   algo-2: Epoch 1",
        "   algo-1: Epoch 2",
        "   algo-1: accuracy=1.0",
    ]


def test_a_program_has_the_document_on_standard_output_alone(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, voice=Voice(is_json=True))
    logs(deployed, console)(LogRequest())
    assert json.loads(out.getvalue()) == collected(deployed, LogRequest())
    assert err.getvalue() == "Logs of execution train/run-1\n"


def test_errors_alone_come_with_what_led_to_them(deployed: World) -> None:
    train(deployed, training(failures=3))
    deployed.logs.write(FUNCTION, "s", "not of this execution: ERROR", at=1)
    deployed.now = 10
    document = collected(deployed, LogRequest(TRAIN, errors=True))
    events = document["events"]
    assert isinstance(events, list)
    assert [(event["message"], event["is_error"]) for event in events] == [
        ("Epoch 1", False),
        ("Epoch 2", False),
        ("accuracy=1.0", True),  # a job that failed: its last words
    ]


def test_that_there_is_no_error_is_said(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(TRAIN, errors=True))) == []
    assert deployed.screen.errors == "No error in 3 lines of execution train/run-1.\n"


def test_the_newest_lines_count_and_that_others_are_left_out_is_said(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(TRAIN, limit=1))) == ["accuracy=1.0"]
    assert "2 earlier lines are left out; --limit shows more." in deployed.screen.errors


def test_since_leaves_out_what_is_earlier(deployed: World) -> None:
    train(deployed)
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(TRAIN, since="9s"))) == ["Epoch 2", "accuracy=1.0"]


@pytest.mark.parametrize(("now", "why"), [(1.0, "--follow waits for it"), (10.0, "14 days")])
def test_where_there_is_no_line_it_is_said_why(deployed: World, now: float, why: str) -> None:
    deployed.state_machines.histories[TRAIN] = training().events
    deployed.now = now
    assert collected(deployed, LogRequest(TRAIN))["events"] == []
    assert "There is no line of execution train/run-1." in deployed.screen.errors
    assert why in deployed.screen.errors


@pytest.mark.parametrize("name", ["geospatial", "sagestep-geospatial"])
def test_a_function_has_the_lines_of_its_last_hour_whoever_called_it(deployed: World, name: str) -> None:
    deployed.logs.write(FUNCTION, "s", "long ago", at=-4000)
    deployed.logs.write(FUNCTION, "s", "START RequestId: 1", '{"level": "ERROR", "runId": "x"}', at=-3000)
    deployed.logs.write("/aws/lambda/sagestep-answer-task", "s", "another", at=-1)
    document = collected(deployed, LogRequest(function=name))
    assert document["execution"] is None
    assert messages(document) == ["START RequestId: 1", '{"level": "ERROR", "runId": "x"}']
    assert len(messages(collected(deployed, LogRequest(function=name, since="2h")))) == 3


def test_a_function_that_was_not_called_says_since_when(deployed: World) -> None:
    collected(deployed, LogRequest(function="answer-task", since="2026-11-21T11:00:00+00:00"))
    since = datetime(2026, 11, 21, 11, tzinfo=UTC).astimezone().isoformat(sep=" ")
    assert f"It was not called since {since}; --since goes back further." in deployed.screen.errors


def test_a_function_that_there_is_not_says_which_there_are(deployed: World) -> None:
    with pytest.raises(WrongUseError, match="answer_task, geospatial, start_pipeline"):
        collected(deployed, LogRequest(function="nonsense"))


def test_a_job_has_its_own_stream(deployed: World) -> None:
    train(deployed)
    deployed.jobs.ends[JOB] = 2
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(job=JOB))) == ["Epoch 1", "Epoch 2", "accuracy=1.0"]


def test_a_job_without_a_line_says_how_it_stands(deployed: World) -> None:
    deployed.jobs.ends[JOB] = 5
    collected(deployed, LogRequest(job=JOB))
    assert "The job is InProgress. --follow waits for it." in deployed.screen.errors


def test_a_job_that_there_is_not_is_the_users_slip(deployed: World) -> None:
    with pytest.raises(WrongUseError, match="no job nonsense"):
        collected(deployed, LogRequest(job="nonsense"))


def test_only_one_can_be_named(deployed: World) -> None:
    with pytest.raises(WrongUseError, match="not clear whose"):
        collected(deployed, LogRequest(function="geospatial", job=JOB))


@pytest.mark.parametrize("name", ["mine", "other-name", "sagestep-mine"])
def test_every_function_that_terraform_made_is_known(deployed: World, name: str) -> None:
    instances = [{"attributes": {"id": each}} for each in ("sagestep-mine", "other-name")]
    state = json.loads(deployed.workspace.state_path.read_text())
    state["resources"] += [
        {"mode": "managed", "type": "aws_lambda_function", "name": f"f{number}", "instances": [instance]}
        for number, instance in enumerate(instances)
    ]
    deployed.workspace.state_path.write_text(json.dumps(state))
    group = "/aws/lambda/other-name" if name == "other-name" else "/aws/lambda/sagestep-mine"
    deployed.logs.write(group, "s", "mine", at=1)
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(function=name))) == ["mine"]
    with pytest.raises(WrongUseError, match="answer_task, geospatial, start_pipeline, mine, other_name"):
        collected(deployed, LogRequest(function="nonsense"))


def test_a_step_that_fails_on_purpose_is_an_error_with_its_message(deployed: World) -> None:
    stopped = replace(step("stop", Status.FAILED, "the model is too weak"), type="Fail")
    deployed.pipelines.plays(execution(ID, Status.FAILED), stopped)
    deployed.now = 10
    document = valid("logs", json.dumps(collected(deployed, LogRequest(ID, errors=True))))
    assert messages(document) == ["Step stop (Fail): the model is too weak"]
    assert document["events"][0]["is_error"]


def test_what_was_caught_is_no_error(deployed: World) -> None:
    history = training(failures=3)
    history.events[-2:] = []
    history.add("ExecutionSucceeded", at=4, output="{}")
    train(deployed, history)
    deployed.logs.write(JOBS, STREAM, "ValueError: two", at=2)
    deployed.logs.write(STATES, "states/1", failed("caught"), at=2)
    deployed.now = 10
    assert messages(collected(deployed, LogRequest(TRAIN, errors=True))) == []
    assert "ValueError: two" in messages(collected(deployed, LogRequest(TRAIN)))


def test_following_ends_by_itself_and_repeats_no_line(deployed: World) -> None:
    train(deployed)
    deployed.logs.write(STATES, "states/1", failed("late"), at=1.9, arrives=4)
    logs(deployed).follow(LogRequest(TRAIN))
    said = [line.split(maxsplit=2)[2] for line in deployed.screen.text.splitlines()]
    assert said == ["Epoch 1", "Epoch 2", "accuracy=1.0", "TaskFailed late"]
    assert 5 < deployed.now < 20


def test_following_looks_at_a_gentle_pace(deployed: World) -> None:
    history = training()
    end, event = history.events[-1]
    history.events[-1] = (end + 300, event)
    train(deployed, history)
    logs(deployed).follow(LogRequest(TRAIN))
    looks = sorted({time for time, *_ in deployed.logs.asked})
    assert min(later - sooner for sooner, later in pairwise(looks)) >= 2
    assert len(looks) < 60
    assert deployed.now > 300


def test_following_what_ended_long_ago_looks_once(deployed: World) -> None:
    train(deployed)
    deployed.now = 500
    logs(deployed).follow(LogRequest(TRAIN))
    assert deployed.now == 500
    assert len(deployed.screen.text.splitlines()) == 3


def test_following_errors_tells_the_last_words_of_a_job_once_it_has_failed(deployed: World) -> None:
    train(deployed, training(failures=3))
    logs(deployed).follow(LogRequest(TRAIN, errors=True))
    assert [line.split(maxsplit=2)[2] for line in deployed.screen.text.splitlines()] == [
        "Epoch 1",
        "Epoch 2",
        "✗ accuracy=1.0",
    ]


def test_following_shows_the_newest_first_and_then_all(deployed: World) -> None:
    train(deployed)
    deployed.now = 0.6
    deployed.logs.write(JOBS, STREAM, "Epoch 1, too", at=0.55)
    logs(deployed).follow(LogRequest(TRAIN, limit=1))
    said = [line.split(maxsplit=2)[2] for line in deployed.screen.text.splitlines()]
    assert said == ["Epoch 1, too", "Epoch 2", "accuracy=1.0"]


def test_following_nothing_says_why(deployed: World) -> None:
    deployed.jobs.ends[JOB] = 3
    logs(deployed).follow(LogRequest(job=JOB))
    assert "There is no line of job" in deployed.screen.errors


def test_leaving_stops_nothing_and_is_told(deployed: World) -> None:
    train(deployed)

    def press() -> None:
        if deployed.now > 1:
            raise KeyboardInterrupt

    deployed.logs.on_read = press
    with pytest.raises(InterruptedByUserError, match="left the logs of execution train/run-1"):
        logs(deployed).follow(LogRequest(TRAIN))
    assert deployed.state_machines.stops == []


def test_a_failure_points_at_the_command_and_on_aws_at_the_pages(tmp_path: Path) -> None:
    here = where_logs_are(LOCAL, ["/aws/x", ""], tmp_path, "train/run-1")
    assert "`invoke logs --execution train/run-1`" in here
    assert f"{tmp_path / 'cloud.log'}" in here
    there = where_logs_are(AWS, ["/aws/x", ""], tmp_path, "train/run-1 --target aws")
    assert "`invoke logs --execution train/run-1 --target aws`" in there
    assert there.endswith("#logsV2:log-groups/log-group/%252Faws%252Fx")
