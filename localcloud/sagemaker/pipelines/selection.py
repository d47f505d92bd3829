"""Selective execution: some steps run, and what they need of others is taken from an earlier execution; pure.

Rules: API reference, "SelectiveExecutionConfig" (all steps between two selected ones are selected; a source
is needed where a selected step depends on one that is not; it has failed or succeeded); developer guide,
"Selective execution of pipeline steps" (parameters are the source's, unless they are given).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from localcloud.sagemaker.pipelines.graph import Graph
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.state import (
    ExecutionState,
    ExecutionStatus,
    Selection,
    StepState,
    StepStatus,
)


def select(
    graph: Graph, steps: tuple[str, ...], source: str | None, state: ExecutionState | None
) -> Selection:
    """Decide what a selective execution runs and what it takes over.

    `source`, `state`: the execution that steps are taken from, and how it ended; None where none is given.

    Raises `StepError` where the steps cannot be selected so.
    """
    chosen = set(steps)
    for name in steps:
        if name not in graph.steps:
            raise StepError(f"SelectedSteps names step '{name}', which the pipeline does not have.")
    if between := sorted(_between(graph, chosen)):
        raise StepError(
            "All steps in all paths between two selected steps must be selected. Not selected: "
            f"{', '.join(between)}."
        )
    needed = sorted({other for name in chosen for other in graph.dependencies[name]} - chosen)
    if needed and (source is None or state is None):
        raise StepError(
            "SourcePipelineExecutionArn is required, since the selected steps depend on steps that are not "
            f"selected: {', '.join(needed)}."
        )
    reused = {} if state is None or source is None else _reused(needed, source, state)
    return Selection(steps, source, reused, frozenset(graph.steps) - chosen - set(reused))


def _reused(needed: Collection[str], source: str, state: ExecutionState) -> Mapping[str, StepState]:
    if state.status not in {ExecutionStatus.SUCCEEDED, ExecutionStatus.FAILED}:
        raise StepError(
            f"The source pipeline execution {source} must have the status Succeeded or Failed. "
            f"It is {state.status}."
        )
    lacking = [
        name
        for name in needed
        if name not in state.steps or state.steps[name].status is not StepStatus.SUCCEEDED
    ]
    if lacking:
        raise StepError(
            f"The source pipeline execution {source} has no results of the steps that the selected steps "
            f"depend on: {', '.join(lacking)}."
        )
    return {name: replace(state.steps[name], reused_from=source, run=0) for name in needed}


def _between(graph: Graph, chosen: Collection[str]) -> set[str]:
    """Find the steps that are not selected and stand on a path from one that is to another that is."""
    after: set[str] = set()
    for name in graph.order:
        if any(other in chosen or other in after for other in graph.dependencies[name]):
            after.add(name)
    before: set[str] = set()
    for name in reversed(graph.order):
        if name in chosen or name in before:
            before |= graph.dependencies[name]
    return (after & before) - set(chosen)
