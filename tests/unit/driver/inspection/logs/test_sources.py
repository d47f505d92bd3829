import json
from dataclasses import replace
from datetime import timedelta

import pytest

from driver.executions.names import Kind
from driver.executions.trace import Outcome, Span, Trace
from driver.inspection.logs.sources import Picks, selection_of
from driver.model.status import StateMachineStatus, Status
from driver.model.values import Outputs
from tests.unit.driver.fakes import ID, NOON, OUTPUTS, PIPELINE, RUNS, WORKFLOWS
from tests.unit.driver.histories import JOB

ALL = Outputs.read({**OUTPUTS, **WORKFLOWS})
TRAIN = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
VEJ = "arn:aws:sagemaker-geospatial:us-west-2:000000000000:vector-enrichment-job/abc"
ENDPOINT = "arn:aws:sagemaker:us-west-2:000000000000:endpoint/sagestep-endpoint"


def span(
    name: str, resource: str = "", outcome: Outcome = Outcome.SUCCEEDED, output: str = "", work: str = ""
) -> Span:
    return Span(name, "Task", NOON, NOON, outcome, resource_arn=resource, output=output, work=work)


def trace(arn: str, kind: Kind, *spans: Span, children: tuple[Trace, ...] = ()) -> Trace:
    return Trace(
        arn,
        kind,
        Status.SUCCEEDED if kind is Kind.PIPELINE else StateMachineStatus.SUCCEEDED,
        started=NOON,
        ended=NOON + timedelta(seconds=10),
        spans=spans,
        children=children,
    )


@pytest.fixture
def run() -> Trace:
    steps = (
        span(
            "vej-processing-step",
            output=json.dumps({"statusCode": "200", "vej_arn": VEJ}),
            work=ALL.functions["geospatial"].arn,
        ),
        span("answer-task", work=ALL.functions["answer_task"].arn),
    )
    pipeline = trace(f"{PIPELINE}/execution/{ID}", Kind.PIPELINE, *steps)
    pipeline = replace(pipeline, input=json.dumps({"parameter_run_id": "run-1-0123"}))
    return trace(f"{RUNS}:run-1", Kind.STATE_MACHINE, span("RunPipeline"), children=(pipeline,))


def test_a_run_of_the_pipeline_touches_every_function_and_its_state_machine(run: Trace) -> None:
    found = {source.name: (source.group, source.picks) for source in selection_of(run, ALL, NOON).sources}
    assert found == {
        "start_pipeline": ("/aws/lambda/sagestep-start-pipeline", Picks.REQUESTS),
        "answer_task": ("/aws/lambda/sagestep-answer-task", Picks.REQUESTS),
        "run_pipeline": ("/aws/vendedlogs/states/sagestep-run-pipeline", Picks.NAMING),
        "geospatial": ("/aws/lambda/sagestep-geospatial", Picks.REQUESTS),
    }


def test_its_lines_name_the_execution_the_pipeline_the_run_or_the_job(run: Trace) -> None:
    names = selection_of(run, ALL, NOON).names
    assert names == {f"{RUNS}:run-1", f"{PIPELINE}/execution/{ID}", ID, "run-1-0123", VEJ}


def test_its_time_has_an_end_once_all_of_it_has_ended(run: Trace) -> None:
    assert selection_of(run, ALL, NOON).start == NOON - timedelta(seconds=2)
    assert selection_of(run, ALL, NOON).end == NOON + timedelta(seconds=70)
    (pipeline,) = run.children
    stopping = replace(run, children=(replace(pipeline, status=Status.EXECUTING, ended=None),))
    assert selection_of(stopping, ALL, NOON).end is None


def test_jobs_have_streams_of_their_own_and_endpoints_groups() -> None:
    train = trace(TRAIN, Kind.WORKFLOW, span("Train", JOB, Outcome.CAUGHT))
    parent = trace(
        f"{RUNS.replace('run-pipeline', 'end-to-end')}:run-1",
        Kind.WORKFLOW,
        span("Train", TRAIN),
        span("Deploy", ENDPOINT),
        children=(train, train),
    )
    selection = selection_of(parent, ALL, NOON)
    assert [(source.name, source.group, source.stream_prefix) for source in selection.sources] == [
        ("end_to_end", "/aws/vendedlogs/states/sagestep-end-to-end", ""),
        ("sagestep-endpoint", "/aws/sagemaker/Endpoints/sagestep-endpoint", ""),
        ("train", "/aws/vendedlogs/states/sagestep-train", ""),
        ("sagestep-train-run-1", "/aws/sagemaker/TrainingJobs", "sagestep-train-run-1/"),
    ]
    assert (selection.failed, selection.caught) == (frozenset(), frozenset({"sagestep-train-run-1"}))


FAILED = StateMachineStatus.FAILED


def test_what_was_caught_counts_only_where_the_execution_around_it_failed() -> None:
    caught = trace(TRAIN, Kind.WORKFLOW, span("Train", JOB, Outcome.CAUGHT))
    assert selection_of(replace(caught, status=FAILED), ALL, NOON).failed == {"sagestep-train-run-1"}
    running = selection_of(replace(caught, status=StateMachineStatus.RUNNING), ALL, NOON)
    assert (running.failed, running.caught) == (frozenset(), frozenset({"sagestep-train-run-1"}))


def test_a_nested_execution_that_failed_and_was_caught_is_no_failure_with_all_in_it() -> None:
    child = replace(trace(TRAIN, Kind.WORKFLOW, span("Train", JOB, Outcome.FAILED)), status=FAILED)
    outer = f"{RUNS.replace('run-pipeline', 'end-to-end')}:run-1"
    parent = trace(outer, Kind.WORKFLOW, span("Train", TRAIN, Outcome.CAUGHT), children=(child,))
    selection = selection_of(parent, ALL, NOON)
    assert (selection.failed, selection.caught) == (frozenset(), frozenset({TRAIN, "sagestep-train-run-1"}))
    assert selection_of(replace(parent, status=FAILED), ALL, NOON).failed == {"sagestep-train-run-1"}


def test_functions_that_a_state_or_a_step_calls_are_read_whatever_they_are_called() -> None:
    arn = "arn:aws:lambda:us-west-2:000000000000:function:mine"
    for function in (arn, f"{arn}:live", "mine"):
        flow = trace(TRAIN, Kind.WORKFLOW, replace(span("Call"), function=function))
        source = selection_of(flow, ALL, NOON).sources[0]
        assert (source.name, source.group, source.picks) == ("mine", "/aws/lambda/mine", Picks.REQUESTS)


def test_why_a_step_without_a_log_failed_is_told() -> None:
    steps = (
        replace(span("stop", outcome=Outcome.FAILED), kind="Fail", reason="the model is too weak"),
        replace(span("train", JOB, Outcome.FAILED), reason="its log tells more"),
    )
    pipeline = replace(trace(f"{PIPELINE}/execution/{ID}", Kind.PIPELINE, *steps), status=Status.FAILED)
    ((source, event),) = selection_of(pipeline, ALL, NOON).told
    assert (source, event.message) == ("sagestep-geospatial", "Step stop (Fail): the model is too weak")


def test_a_pipeline_that_processes_instead_has_no_function_but_the_last() -> None:
    job = JOB.replace("training-job", "processing-job")
    answering = ALL.functions["answer_task"]
    pipeline = trace(
        f"{PIPELINE}/execution/{ID}", Kind.PIPELINE, span("geocode", job), span("answer", work=answering.arn)
    )
    sources = selection_of(pipeline, ALL, NOON).sources
    assert [source.group for source in sources] == [
        "/aws/lambda/sagestep-answer-task",
        "/aws/sagemaker/ProcessingJobs",
    ]


def test_what_is_earlier_can_be_left_out(run: Trace) -> None:
    selection = selection_of(run, ALL, NOON)
    assert selection.since(NOON + timedelta(seconds=5)).start == NOON + timedelta(seconds=5)
    assert selection.since(NOON - timedelta(days=1)).start == selection.start
