"""The schemas of `--json` and the code that writes the documents say the same.

Every object of a schema is closed and every member required (but for the few named here), so that a member
more or less on either side fails. The documents of whole commands are held against their schemas where the
commands are tested; here it is done with the values that they are made of, whatever is in them.
"""

import itertools
from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from driver.aws.logs import LogEvent
from driver.aws.lost_events import Lost, LostEvent
from driver.commands.config import Setting
from driver.commands.doctor.checkup import Checked, Finding, Verdict
from driver.commands.logs import ReadLogs
from driver.commands.status import DeploymentStatus
from driver.deployments.costs import Cost
from driver.executions.listing import Listed
from driver.executions.names import Kind
from driver.executions.trace import Outcome
from driver.inspection.graph.definitions import graph_of
from driver.inspection.graph.document import describe_edges, describe_nodes
from driver.inspection.graph.graph import EdgeKind
from driver.inspection.graph.runs import Ran, Runs
from driver.inspection.logs.events import LogLine
from driver.inspection.permissions.decisions import Decision
from driver.model.choices import IamMode, TargetName
from driver.model.values import PipelineExecution, StateMachineExecution
from driver.terraform.plan import Action, Change
from driver.terraform.state import ManagedResource
from tests.unit.driver.documents import SCHEMAS, schema
from tests.unit.driver.inspection.graph.machines import pipelines, state_machines

NAMES = sorted(path.name.partition(".")[0] for path in SCHEMAS.iterdir())
OPTIONAL = {("env", "/properties/variables"): {"NO_PROXY", "no_proxy"}}  # only where a proxy is set


def parts(part: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through all that is within a schema."""
    if isinstance(part, dict):
        yield pointer, part
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in items:
        yield from parts(value, f"{pointer}/{key}")


def part_of(name: str, pointer: str) -> dict[str, Any]:
    """Take a part out of a schema; it is one itself."""
    whole = schema(name)
    return {**dict(parts(whole))[pointer], "$defs": whole.get("$defs", {})}


@pytest.mark.parametrize("name", NAMES)
def test_every_document_has_its_version(name: str) -> None:
    members = schema(name)["properties"]
    assert next(iter(members)) == "version"
    assert isinstance(members["version"]["const"], int)


@pytest.mark.parametrize("name", NAMES)
def test_every_member_is_required(name: str) -> None:
    for pointer, part in parts(schema(name)):
        if part.get("additionalProperties") is False:
            left_out = set(part["properties"]) - set(part["required"])
            assert left_out == OPTIONAL.get((name, pointer), set()), pointer


def test_what_two_schemas_have_in_common_they_say_alike() -> None:
    every = [(key, part) for name in NAMES for key, part in schema(name).get("$defs", {}).items()]
    for (key, part), (other, same) in itertools.combinations(every, 2):
        assert key != other or part == same


OUTCOMES_OF_EXECUTIONS = {Outcome.SUCCEEDED, Outcome.FAILED, Outcome.STOPPED, Outcome.RUNNING}
ENUMS: Mapping[tuple[str, str], Set[str | None]] = {
    **{(name, "/properties/target"): set(TargetName) for name in ("doctor", "outputs", "plan", "status")},
    ("env", "/properties/target"): set(TargetName) - {TargetName.AWS},
    ("status", "/properties/access/oneOf/1/properties/iam"): set(IamMode),
    ("permissions", "/properties/mode"): {*IamMode, None},
    ("permissions", "/properties/check/anyOf/1/properties/decision"): set(Decision),
    ("permissions", "/$defs/decided/properties/decision"): set(Decision),
    ("doctor", "/properties/checks/items/properties/verdict"): set(Verdict),
    ("report", "/properties/outcome"): {*OUTCOMES_OF_EXECUTIONS},
    ("graph", "/$defs/node/properties/outcome"): {*Outcome, None},
    ("graph", "/$defs/node/properties/counts/propertyNames"): set(Outcome),
    ("graph", "/$defs/edge/properties/kind"): set(EdgeKind),
    **{(name, "/$defs/execution/properties/kind"): set(Kind) for name in ("executions", "status")},
    ("run", "/properties/kind"): set(Kind),
    **{(name, "/$defs/change/properties/action"): set(Action) for name in ("plan", "status")},
}
# These are words of the code's, no enumeration.
WORDS = {
    ("graph", "/properties/kind"),
    ("graph", "/properties/source"),
}


@pytest.mark.parametrize("name", NAMES)
def test_enumerations_are_those_of_the_code(name: str) -> None:
    found = {(name, pointer): set(part["enum"]) for pointer, part in parts(schema(name)) if "enum" in part}
    known = {place: values for place, values in ENUMS.items() if place[0] == name}
    assert {place: values for place, values in found.items() if place not in WORDS} == known


def test_the_counts_of_a_plan_are_its_actions() -> None:
    assert set(part_of("plan", "/properties/counts")["properties"]) == set(Action)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def listed(draw: st.DrawFn) -> Listed:
    started, took = draw(moments), draw(st.none() | st.timedeltas(timedelta(0), timedelta(days=999)))
    ended = None if took is None else started + took
    kind, execution = draw(
        st.tuples(
            st.just(Kind.PIPELINE),
            st.builds(PipelineExecution, started=st.just(started), ended=st.just(ended)),
        )
        | st.tuples(
            st.sampled_from([Kind.STATE_MACHINE, Kind.WORKFLOW]),
            st.builds(StateMachineExecution, started=st.sampled_from([None, started]), ended=st.just(ended)),
        )
    )
    return Listed(draw(st.text()), kind, execution, draw(st.text()))


lost = st.builds(Lost, events=st.lists(st.builds(LostEvent, lost=st.none() | moments)), count=st.integers(0))
lines = st.builds(
    LogLine,
    st.builds(LogEvent, time=moments, group=st.text(min_size=1), stream=st.text(min_size=1)),
    source=st.text(min_size=1),
)
settings_told = st.builds(
    Setting, value=st.none() | st.text() | st.integers() | st.booleans() | st.tuples(st.text())
)
ran = st.builds(
    Ran,
    counts=st.dictionaries(st.sampled_from(Outcome), st.integers(1)).map(lambda found: (*found.items(),)),
    seconds=st.none() | st.floats(0, 1e9),
    attempts=st.integers(0),
)
urls = st.just("https://example.com/")
statuses = st.builds(
    DeploymentStatus,
    target=st.sampled_from(TargetName),
    deployed=st.none(),
    resources=st.lists(st.from_type(ManagedResource), max_size=2),
    listed=st.lists(listed(), max_size=2),
    lost=lost,
    costs=st.lists(st.builds(Cost, pricing_url=urls), max_size=2),
    drift=st.none() | st.lists(st.from_type(Change), max_size=2),
)
WRITTEN: Mapping[tuple[str, str], st.SearchStrategy[Any]] = {
    ("executions", "/$defs/execution"): listed(),
    ("plan", "/$defs/change"): st.from_type(Change),
    ("doctor", "/properties/checks/items"): st.builds(Checked, finding=st.from_type(Finding)),
    ("config", "/properties/settings/items"): settings_told,
    ("logs", ""): st.builds(
        ReadLogs, execution=st.sampled_from(["", "arn:aws:states:x"]), lines=st.lists(lines, max_size=3)
    ),
    ("status", ""): statuses,
}


@pytest.mark.parametrize(("name", "pointer"), WRITTEN)
def test_whatever_is_written_is_as_the_schema_says(name: str, pointer: str) -> None:
    validator = Draft202012Validator(
        part_of(name, pointer), format_checker=Draft202012Validator.FORMAT_CHECKER
    )

    @settings(max_examples=40)
    @given(WRITTEN[name, pointer])
    def hold(value: Any) -> None:
        validator.validate(value.document())

    hold()


@settings(max_examples=20)
@given(state_machines() | pipelines(), st.data())
def test_a_graph_is_written_as_the_schema_says(definition: dict[str, object], data: st.DataObject) -> None:
    graph = graph_of("any", definition)
    names = [node.name for node in graph.nodes]
    by_name = data.draw(st.dictionaries(st.sampled_from(names), ran))
    runs = data.draw(st.none() | st.just(Runs("any", by_name, frozenset(graph.edges[:1]))))
    nodes, edges = describe_nodes(graph, runs), describe_edges(graph, runs)
    for kind, written in (("node", nodes), ("edge", edges)):
        validator = Draft202012Validator(part_of("graph", f"/$defs/{kind}"))
        for each in written:
            validator.validate(each)


def test_the_enumerations_named_here_are_ones() -> None:
    assert all(issubclass(kind, StrEnum) for kind in (TargetName, Verdict, Outcome, EdgeKind, Action, Kind))
