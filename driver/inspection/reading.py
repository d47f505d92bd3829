"""Reading one execution, with all that is nested in it, from Step Functions and SageMaker.

A state machine's execution is its history, in pages of 1000 events, and one request for its definition; a
pipeline's execution is four requests. What it started is read in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.workflow.watch import Watch
from driver.inspection.trace import Span, Trace, outcome_of, spans_of_steps, spans_of_visits
from driver.model.exceptions import WrongUseError

RUN_PIPELINE = "run_pipeline"  # what the state machine around the pipeline is called among the workflows


def read_trace(deployed: Deployed, arn: str) -> Trace:
    """Read an execution as it stands now: it may still run.

    Parameters
    ----------
    deployed
        The deployment.
    arn
        An execution of a state machine or of a pipeline, see `Deployed.find`.

    Raises
    ------
    WrongUseError
        If there is no such execution.
    """
    if deployed.kind_of(arn) is Kind.PIPELINE:
        return _read_pipeline(deployed, arn)
    return _read_state_machine(deployed, arn)


def read_definition(deployed: Deployed, *, workflow: str | None) -> tuple[str, Mapping[str, object]]:
    """Read a definition as it is deployed, whatever was executed.

    Parameters
    ----------
    deployed
        The deployment.
    workflow
        A workflow's name; `run-pipeline` is the state machine around the pipeline; None is the pipeline.

    Returns
    -------
    str, Mapping
        The name of the state machine or pipeline, and its definition, parsed: Amazon States Language has
        `States`, a pipeline's definition has `Steps`.

    Raises
    ------
    WrongUseError
        If there is no such workflow.
    NotDeployedError
        If it is gone, or if the deployment is from before there was any.
    """
    connection, outputs = deployed.connection, deployed.outputs
    if workflow is None:
        return outputs.pipeline_name, connection.pipelines.definition(outputs.pipeline_name)
    if workflow.replace("-", "_") == RUN_PIPELINE:
        arn = deployed.state_machine_arn()
    else:
        arn = deployed.workflow(workflow).state_machine_arn
    return arn.rpartition(":")[2], connection.state_machines.definition(arn)


def _read_state_machine(deployed: Deployed, arn: str) -> Trace:
    state_machines = deployed.connection.state_machines
    watch = Watch(state_machines, arn)
    watch.read()
    timeline, end = watch.timeline, watch.timeline.end
    spans = tuple(spans_of_visits(timeline.visits))
    return Trace(
        arn=arn,
        name=arn.rpartition(":")[2],
        kind=deployed.kind_of(arn),
        subject=arn.split(":")[-2],
        status=str(timeline.status),
        outcome=outcome_of(timeline.status),
        started=timeline.started,
        ended=end.time if end else None,
        definition=state_machines.definition_of_execution(arn),
        input=timeline.input,
        output=end.output if end else "",
        error=end.error if end else "",
        cause=end.cause if end else "",
        spans=spans,
        children=tuple(_children(deployed, spans)),
    )


def _read_pipeline(deployed: Deployed, arn: str) -> Trace:
    pipelines = deployed.connection.pipelines
    execution = pipelines.describe(arn)
    definition = pipelines.definition_of_execution(arn)
    return Trace(
        arn=arn,
        name=execution.id,
        kind=Kind.PIPELINE,
        subject=arn.split("/")[1],
        status=str(execution.status),
        outcome=outcome_of(execution.status),
        started=execution.started,
        ended=execution.ended,
        definition=definition,
        input=json.dumps(pipelines.parameters(arn)),
        cause=execution.reason,
        spans=tuple(spans_of_steps(pipelines.steps(arn), definition)),
    )


def _children(deployed: Deployed, spans: tuple[Span, ...]) -> Iterator[Trace]:
    """Read the executions that states started; one that AWS no longer keeps is left out."""
    for arn in dict.fromkeys(span.resource_arn for span in spans):
        if ":execution:" not in arn and "/execution/" not in arn:
            continue
        try:
            yield read_trace(deployed, arn)
        except WrongUseError:
            continue
