"""Which kind of definition one is, and its graph."""

from __future__ import annotations

from collections.abc import Mapping

from driver.pictures.graph import Graph
from driver.pictures.states import state_machine_graph
from driver.pictures.steps import pipeline_graph


def graph_of(subject: str, definition: Mapping[str, object]) -> Graph:
    """Read the graph of a state machine or a pipeline.

    Parameters
    ----------
    subject
        Its name.
    definition
        Parsed: the Amazon States Language has `States`, a pipeline has `Steps`.
    """
    read = state_machine_graph if "States" in definition else pipeline_graph
    return read(subject, definition)
