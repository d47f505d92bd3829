"""`invoke graph`: a state machine or the pipeline as a tree and as a picture, coloured by an execution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.names import Kind
from driver.executions.trace import Trace
from driver.host.files import write_for_user
from driver.inspection.graph.definitions import graph_of, read_source
from driver.inspection.graph.document import describe_edges, describe_nodes
from driver.inspection.graph.graph import Graph
from driver.inspection.graph.runs import Runs, runs_of
from driver.inspection.reading import RUN_PIPELINE, read_definition, read_trace
from driver.model.documents import Document
from driver.model.exceptions import NotDeployedError, WrongUseError

# ruff: noqa: PLC0415

_SUFFIXES = (".svg", ".png")


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """What to draw.

    Parameters
    ----------
    workflow
        The name of a workflow; None and `run-pipeline` are the state machine that runs the pipeline.
    pipeline
        The name of a pipeline that is to be drawn; empty for the default one.
    execution
        The execution that colours it, see `Deployed.find`; None draws the definition.
    output
        The file of the picture, .svg or .png; empty for none.
    """

    workflow: str | None = None
    pipeline: str | None = None
    execution: str | None = None
    output: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn graph: where its definition is from, the execution that colours it, and the picture's file."""

    graph: Graph
    source: str
    trace: Trace | None
    runs: Runs | None
    picture: Path | None

    def document(self) -> Document:
        """Put it into the document that driver/commands/schemas/graph.schema.json describes."""
        execution, trace = None, self.trace
        if trace and self.runs:
            title = self.runs.title
            execution = {"arn": trace.arn, "name": trace.name, "status": trace.status, "title": title}
        return {
            "version": 1,
            "subject": self.graph.subject,
            "kind": self.graph.kind,
            "source": self.source,
            "execution": execution,
            "picture": str(self.picture) if self.picture else None,
            "nodes": describe_nodes(self.graph, self.runs),
            "edges": describe_edges(self.graph, self.runs),
        }


class DrawGraph(Command):
    """Draws state machines and the pipeline; where nothing is deployed, from the project's own files."""

    def __call__(self, request: GraphRequest) -> None:
        """Draw what is asked for: show the tree, or give it as a document."""
        drawn = self.draw(request)
        self.console.present(drawn.document(), lambda: self.show(drawn))

    def draw(self, request: GraphRequest) -> Drawn:
        """Read what is asked for, and write the picture if one is.

        Raises
        ------
        WrongUseError
            If the request contradicts itself, or names what does not exist or a file that can be no picture.
        NotDeployedError
            If an execution is asked for and nothing is deployed.
        """
        if request.workflow and request.pipeline is not None:
            raise WrongUseError(
                "It is not clear what to draw.", "", "Name one of --workflow NAME and --pipeline."
            )
        if request.output:
            picture_path(request.output)
        if request.execution is None:
            source, graph = self._definition(request)
            trace, runs = None, None
        else:
            source, trace = "deployed", self._trace(request, request.execution)
            graph, runs = graph_of(trace.subject, trace.definition), runs_of(trace)
        path = write_picture(request.output, graph, runs) if request.output else None
        return Drawn(graph, source, trace, runs, path)

    def show(self, drawn: Drawn) -> None:
        """Show the tree, and say where the picture is."""
        from driver.inspection.graph.tree import tree

        self.console.draw(tree(drawn.graph, drawn.runs))
        if drawn.source == "resources":
            self.console.say("Drawn from the project's files: nothing is deployed.", "dim")
        if drawn.picture:
            self.console.done(f"picture: {drawn.picture}")

    def _definition(self, request: GraphRequest) -> tuple[str, Graph]:
        workflow = None if request.pipeline is not None else request.workflow or RUN_PIPELINE
        try:
            found = read_definition(self.deployed, workflow=workflow, pipeline=request.pipeline)
        except NotDeployedError:
            project = self.settings.project
            return "resources", graph_of(*read_source(project, workflow, pipeline=request.pipeline))
        return "deployed", graph_of(*found)

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
        if request.pipeline is not None:
            if trace.pipeline is None:
                raise WrongUseError(
                    f"{deployed.short_name(arn)} has no execution of a pipeline.",
                    f"It is an execution of the {_called(deployed, arn)}, and started none.",
                    "Leave --pipeline out.",
                )
            return trace.pipeline
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


def write_picture(output: str, graph: Graph, runs: Runs | None) -> Path:
    """Write a graph as a picture; raises as `picture_path` does."""
    path = picture_path(output)
    write_for_user(path, _paint(path, graph, runs))
    return path


def picture_path(output: str) -> Path:
    """Return the path of a picture. Raises `WrongUseError` if none can be written there."""
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
