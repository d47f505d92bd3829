"""Which kind of definition one is, and its graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from driver.inspection.graph.graph import Graph
from driver.inspection.graph.states import state_machine_graph
from driver.inspection.graph.steps import pipeline_graph
from driver.model.exceptions import WrongUseError


def graph_of(subject: str, definition: Mapping[str, object]) -> Graph:
    """Read the graph of a state machine (its definition has `States`) or of a pipeline (it has `Steps`)."""
    read = state_machine_graph if "States" in definition else pipeline_graph
    return read(subject, definition)


_SUFFIX = ".asl.json"
_PIPELINE = "geospatial_pipeline.json"
_RUN_PIPELINE = "run_pipeline"
_FAILURE = "notify_failure.json"
# Terraform's directives are removed and what they enclose stays; a placeholder outside of a string becomes a
# string.
_DIRECTIVE = re.compile(r"%\{[^}]*\}")
_PLACEHOLDER = re.compile(r'("(?:[^"\\]|\\.)*")|(\$\{[^}]*\})')


def read_source(resources: Path, workflow: str | None) -> tuple[str, Mapping[str, object]]:
    """Read a name and a definition from the project's folder, its placeholders as they are.

    The workflow `run-pipeline` is the state machine around the pipeline; None is the pipeline. Workflows have
    the states that Terraform adds to all of them.

    Raises
    ------
    WrongUseError
        If there is no such workflow.
    """
    if workflow is None:
        return _PIPELINE.removesuffix(".json"), _read(resources / _PIPELINE)
    name = workflow.replace("-", "_")
    if name == _RUN_PIPELINE:
        return name, _read(resources / f"{name}{_SUFFIX}")
    folder = resources / "workflows"
    known = sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))
    if name not in known:
        raise WrongUseError(
            f"There is no workflow {workflow!r}.",
            f"There are {', '.join([_RUN_PIPELINE, *known])}.",
            "`invoke workflows` tells what each takes.",
        )
    definition = _read(folder / f"{name}{_SUFFIX}")
    states = definition["States"]
    added = _read(folder / _FAILURE)
    return name, {**definition, "States": {**(states if isinstance(states, dict) else {}), **added}}


def _read(path: Path) -> dict[str, object]:
    text = _DIRECTIVE.sub("", path.read_text("utf-8"))
    return dict(json.loads(_PLACEHOLDER.sub(lambda found: found[1] or json.dumps(found[2]), text)))
