"""Reading one execution, with all that is nested in it, from Step Functions and SageMaker.

A state machine's execution is its history, in pages of 1000 events, and one request for its definition; a
pipeline's execution is four requests. What it started is read in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

from driver.executions.deployed import Deployed
from driver.executions.readers import PipelineReader, reader_of
from driver.executions.trace import Span, Trace
from driver.model.exceptions import WrongUseError

RUN_PIPELINE = "run_pipeline"  # the state machine around the pipeline, among the workflows


def read_trace(deployed: Deployed, arn: str) -> Trace:
    """Read an execution of a state machine or of a pipeline as it stands now: it may still run.

    Raises
    ------
    WrongUseError
        If there is no such execution.
    """
    reader = reader_of(deployed, arn)
    reader.read()
    if isinstance(reader, PipelineReader):
        pipelines = deployed.connection.pipelines
        return reader.trace(pipelines.definition_of_execution(arn), json.dumps(pipelines.parameters(arn)))
    definition = deployed.connection.state_machines.definition_of_execution(arn)
    return reader.trace(definition, tuple(_children(deployed, reader.spans)))


def read_definition(
    deployed: Deployed, *, workflow: str | None, pipeline: str | None = None
) -> tuple[str, Mapping[str, object]]:
    """Read the name and the definition, parsed, of a deployed state machine or pipeline.

    The workflow `run-pipeline` is the state machine that runs pipelines; where it is None, a pipeline is
    meant, by its name or the default one.

    Raises
    ------
    WrongUseError
        If there is no such workflow or pipeline.
    NotDeployedError
        If it is gone, or if the deployment is from before there was any.
    """
    connection = deployed.connection
    if workflow is None:
        name = deployed.pipeline(pipeline)[1].name
        return name, connection.pipelines.definition(name)
    if workflow.replace("-", "_") == RUN_PIPELINE:
        arn = deployed.state_machine_arn()
    else:
        arn = deployed.workflow(workflow).state_machine_arn
    return arn.rpartition(":")[2], connection.state_machines.definition(arn)


def _children(deployed: Deployed, spans: list[Span]) -> Iterator[Trace]:
    """Read the executions that states started; one that AWS no longer keeps is left out."""
    for arn in dict.fromkeys(span.execution_arn for span in spans if span.execution_arn):
        with suppress(WrongUseError):
            yield read_trace(deployed, arn)
