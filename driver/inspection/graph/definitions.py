"""Which kind of definition one is, and its graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from driver.host.files import text_or_nothing
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.states import state_machine_graph
from driver.inspection.graph.steps import pipeline_graph
from driver.model.exceptions import WrongUseError
from driver.settings.project import Project


def graph_of(subject: str, definition: Mapping[str, object]) -> Graph:
    """Read the graph of a state machine (its definition has `States`) or of a pipeline (it has `Steps`)."""
    read = state_machine_graph if "States" in definition else pipeline_graph
    return read(subject, definition)


_RUN_PIPELINE = "run_pipeline"
_IS_DEFAULT = re.compile(r"^default: *true\b", re.MULTILINE)
# Terraform's directives are removed and what they enclose stays; a placeholder outside of a string becomes a
# string.
_DIRECTIVE = re.compile(r"%\{[^}]*\}")
_PLACEHOLDER = re.compile(r'("(?:[^"\\]|\\.)*")|(\$\{[^}]*\})')


def read_source(
    project: Project, workflow: str | None, pipeline: str | None = None
) -> tuple[str, Mapping[str, object]]:
    """Read a name and a definition from the project's folder, its placeholders as they are.

    The workflow `run-pipeline` is the state machine that runs pipelines; where it is None, a pipeline is
    meant, by its name or the default one. Workflows have the states that Terraform adds to all of them.

    Raises
    ------
    WrongUseError
        If there is no such workflow or pipeline.
    """
    engine = project.terraform / "definitions"
    if workflow is None:
        path = _pipeline(project.resources / "pipelines", pipeline or "")
        return path.parent.name, _read(path)
    name = workflow.replace("-", "_")
    if name == _RUN_PIPELINE:
        return name, _read(engine / "run_pipeline.asl.json")
    known = {
        path.parent.name: path for path in sorted(project.resources.glob("workflows/*/workflow.asl.json"))
    }
    if name not in known:
        raise WrongUseError(
            f"There is no workflow {workflow!r}.",
            f"There are {', '.join([_RUN_PIPELINE, *known])}.",
            "`invoke workflows` tells what each takes.",
        )
    definition = _read(known[name])
    states = definition["States"]
    added = _read(engine / "notify_failure.json")
    return name, {**definition, "States": {**(states if isinstance(states, dict) else {}), **added}}


def _pipeline(folder: Path, name: str) -> Path:
    """Find the definition of a pipeline; without a name the only one, or the one whose manifest says so."""
    known = {path.parent.name: path for path in sorted(folder.glob("*/pipeline.json"))}
    flagged = [
        found for found in known if _IS_DEFAULT.search(text_or_nothing(folder / found / "pipeline.yaml"))
    ]
    wanted = name or next(iter(known if len(known) == 1 else flagged), "")
    if wanted not in known:
        said = f"There is no pipeline {name!r}." if name else "No pipeline is named."
        raise WrongUseError(
            said, f"There are {', '.join(known) or 'none'}.", "Name one with --pipeline NAME."
        )
    return known[wanted]


def _read(path: Path) -> dict[str, object]:
    text = _DIRECTIVE.sub("", path.read_text("utf-8"))
    return dict(json.loads(_PLACEHOLDER.sub(lambda found: found[1] or json.dumps(found[2]), text)))
