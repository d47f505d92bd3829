"""`invoke graph`: a state machine or the pipeline as a tree and as a picture, coloured by an execution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.trace import Trace
from driver.host.files import write_for_user
from driver.inspection.graph.definitions import graph_of, read_source
from driver.inspection.graph.document import describe_edges, describe_nodes, read_graph, read_runs
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.runs import Runs, runs_of
from driver.inspection.reading import RUN_PIPELINE, read_definition, read_trace
from driver.model.documents import Document
from driver.model.exceptions import NotDeployedError, WrongUseError

# ruff: noqa: PLC0415

_SUFFIXES = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What is to be drawn.

    Parameters
    ----------
    workflow
        A workflow's name, or `run-pipeline`, which is also meant where nothing is named at all.
    is_pipeline
        Whether it is the pipeline.
    execution
        The execution it is coloured by, see `Deployed.find`; None draws the definition as it is.
    output
        The picture's file, whose suffix says which kind; empty for none.
    """

    workflow: str | None = None
    is_pipeline: bool = False
    execution: str | None = None
    output: str = ""


class DrawGraph(Command):
    """Draws state machines and the pipeline; where nothing is deployed, from the project's own files."""

    def __call__(self, request: GraphRequest) -> None:
        """Draw what is asked for: show the tree, or give it as a document."""
        document = self.collect(request)
        self.console.present(document, lambda: self.show(document))

    def collect(self, request: GraphRequest) -> Document:
        """Read what is asked for, and write the picture if one is.

        Returns
        -------
        dict
            As driver/commands/schemas/graph.schema.json describes it.

        Raises
        ------
        WrongUseError
            If the request contradicts itself, or names what does not exist or a file that can be no picture.
        NotDeployedError
            If an execution is asked for and nothing is deployed.
        """
        if request.workflow and request.is_pipeline:
            raise WrongUseError(
                "It is not clear what to draw.", "", "Name one of --workflow NAME and --pipeline."
            )
        path = _picture_path(request.output)
        if request.execution is not None:
            trace = self._trace(request, request.execution)
            source, graph, runs = "deployed", graph_of(trace.subject, trace.definition), runs_of(trace)
            execution = {"arn": trace.arn, "name": trace.name, "status": trace.status, "title": runs.title}
        else:
            source, graph = self._definition(request)
            runs, execution = None, None
        if path:
            write_for_user(path, _paint(path, graph, runs))
        return {
            "version": 1,
            "subject": graph.subject,
            "kind": graph.kind,
            "source": source,
            "execution": execution,
            "picture": str(path) if path else None,
            "nodes": describe_nodes(graph, runs),
            "edges": describe_edges(graph, runs),
        }

    def show(self, document: Mapping[str, object]) -> None:
        """Show the tree, and say where the picture is."""
        from driver.inspection.graph.tree import tree

        self.console.draw(tree(read_graph(document), read_runs(document)))
        if document["source"] == "resources":
            self.console.say("Drawn from the project's files: it is not deployed.", "dim")
        if document["picture"]:
            self.console.done(f"picture: {document['picture']}")

    def _definition(self, request: GraphRequest) -> tuple[str, Graph]:
        workflow = None if request.is_pipeline else request.workflow or RUN_PIPELINE
        try:
            deployed = self.deployed
            return "deployed", graph_of(*read_definition(deployed, workflow=workflow))
        except NotDeployedError:
            return "resources", graph_of(*read_source(self.context.resources, workflow))

    def _trace(self, request: GraphRequest, execution: str) -> Trace:
        """Read the execution that is meant: of the pipeline, it may also be called by what started it."""
        deployed = self.deployed
        workflow = (request.workflow or "").replace("-", "_")
        if (
            workflow
            and workflow != RUN_PIPELINE
            and "/" not in execution
            and not execution.startswith("arn:")
        ):
            execution = f"{workflow}/{execution}"
        arn = deployed.find(execution)
        trace = read_trace(deployed, arn)
        if request.is_pipeline:
            found = next((part for part in trace.walk() if part.kind is Kind.PIPELINE), None)
            if found is None:
                raise WrongUseError(
                    f"{deployed.short_name(arn)} has no execution of the pipeline.",
                    f"It is an execution of the {_called(deployed, arn)}, and started none.",
                    "Leave --pipeline out.",
                )
            return found
        if workflow and arn.rpartition(":")[0] != _executions_of(deployed, workflow):
            raise WrongUseError(
                f"{deployed.short_name(arn)} is no execution of {request.workflow}.",
                f"It is an execution of the {_called(deployed, arn)}.",
                "Leave --workflow out: the execution says what to draw.",
            )
        return trace


def _executions_of(deployed: Deployed, workflow: str) -> str:
    """Return what the ARNs of a workflow's executions have before their names."""
    is_around_pipeline = workflow == RUN_PIPELINE
    arn = (
        deployed.state_machine_arn() if is_around_pipeline else deployed.workflow(workflow).state_machine_arn
    )
    return arn.replace(":stateMachine:", ":execution:")


def _called(deployed: Deployed, arn: str) -> str:
    kind = deployed.kind_of(arn)
    return "pipeline" if kind is Kind.PIPELINE else f"state machine {arn.split(':')[-2]}"


def _picture_path(output: str) -> Path | None:
    """Check that a picture can be written there.

    Raises
    ------
    WrongUseError
        If it cannot.
    """
    if not output:
        return None
    path = Path(output).expanduser()
    if path.suffix.lower() not in _SUFFIXES or path.is_dir():
        what = f"{path} is a folder." if path.is_dir() else f"{path} cannot be a picture."
        raise WrongUseError(what, f"Pictures end in {' or '.join(_SUFFIXES)}.", "Try --output graph.svg")
    return path


def _paint(path: Path, graph: Graph, runs: Runs | None) -> bytes:
    if path.suffix.lower() == ".svg":
        from driver.inspection.graph.svg import svg

        return svg(graph, runs).encode()
    from driver.inspection.graph.png import png

    return png(graph, runs)
