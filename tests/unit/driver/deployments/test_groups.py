import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.deployments.groups import NAMES, Group, group_resources, read_names, split, targets
from driver.model.exceptions import WrongUseError
from driver.terraform.state import ManagedResource, read_managed_resources
from tests.unit.driver.states import whole_state

MODULES = (
    "state_machine",
    "workflow",
    "pipeline",
    "function",
    "queue",
    "jobs_role",
    "new_one",
)


def whole() -> tuple[Group, ...]:
    return group_resources(read_managed_resources(whole_state()))


def kept(*wanted: str) -> list[str]:
    return [group.name for group in split(whole(), wanted).kept]


@st.composite
def states(draw: st.DrawFn) -> list[ManagedResource]:
    """Draw resources in modules, with and without keys, each of which depends on some of the others."""
    number = draw(st.integers(1, 12))
    modules = [draw(st.sampled_from(MODULES)) for _ in range(number)]
    addresses = [f"module.{module}.aws_thing.r{index}" for index, module in enumerate(modules)]
    found = []
    for index, module in enumerate(modules):
        key = draw(st.sampled_from(["", '["a.b"]', "[0]"]))
        needs = draw(st.sets(st.sampled_from(addresses), max_size=3)) - {addresses[index]}
        found.append(
            ManagedResource(f"module.{module}{key}", f"aws_thing.r{index}", dependencies=tuple(sorted(needs)))
        )
    return found


def without_keys(address: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", address)


@given(states(), st.sets(st.sampled_from((*NAMES, "new-one"))))
def test_nothing_kept_depends_on_something_destroyed(
    resources: list[ManagedResource], wanted: set[str]
) -> None:
    chosen = split(group_resources(resources), wanted)
    gone = {without_keys(address) for address in targets(chosen.going)}
    for group in chosen.kept:
        for resource in group.resources:
            assert not gone & set(resource.dependencies)


@given(states(), st.sets(st.sampled_from((*NAMES, "new-one"))))
def test_what_goes_and_what_stays_are_everything_and_share_nothing(
    resources: list[ManagedResource], wanted: set[str]
) -> None:
    groups = group_resources(resources)
    chosen = split(groups, wanted)
    assert {*chosen.going, *chosen.kept} == set(groups)
    assert not {*chosen.going} & {*chosen.kept}
    assert sorted([*targets(chosen.going), *targets(chosen.kept)]) == sorted(
        resource.address for resource in resources
    )


@given(states(), st.sets(st.sampled_from(NAMES)))
def test_what_is_wanted_stays_and_nothing_stays_without_a_reason(
    resources: list[ManagedResource], wanted: set[str]
) -> None:
    chosen = split(group_resources(resources), wanted)
    for group in chosen.kept:
        assert group.name in wanted or chosen.needed_by[group.name]
        assert set(chosen.needed_by[group.name]) <= wanted
    assert not wanted & {group.name for group in chosen.going}


@given(states(), st.sets(st.sampled_from(NAMES)))
def test_keeping_what_is_kept_keeps_no_more(resources: list[ManagedResource], wanted: set[str]) -> None:
    groups = group_resources(resources)
    stays = split(groups, wanted).kept
    assert split(groups, {group.name for group in stays}).kept == stays


@given(states())
def test_what_depends_on_another_is_not_asked_after_it(resources: list[ManagedResource]) -> None:
    groups = group_resources(resources)
    assert sorted(group.name for group in groups) == sorted({group.name for group in groups})
    assert all(group.name not in group.needs for group in groups)


def test_groups_come_in_the_order_in_which_they_go() -> None:
    groups = whole()
    assert [group.name for group in groups] == list(NAMES)
    for number, group in enumerate(groups):
        assert not {earlier.name for earlier in groups[:number]} & group.needs


@pytest.mark.parametrize(
    ("wanted", "stays"),
    [
        ("bucket", ["bucket"]),
        ("queue", ["queue"]),
        ("roles", ["roles", "bucket"]),
        ("pipeline", ["pipeline", "functions", "queue", "bucket"]),
        ("functions", ["functions", "queue", "bucket"]),
        ("state-machines", ["state-machines", "pipeline", "functions", "queue", "topic", "roles", "bucket"]),
    ],
)
def test_what_each_thing_keeps_with_it(wanted: str, stays: list[str]) -> None:
    assert kept(wanted) == stays


def test_a_data_source_of_another_module_is_no_reason_to_keep_that() -> None:
    assert "roles" not in kept("queue")


def test_it_is_known_what_keeps_a_thing() -> None:
    chosen = split(whole(), ["roles", "queue", "pipeline"])
    assert chosen.needed_by["bucket"] == ("pipeline", "roles")
    assert chosen.needed_by["pipeline"] == ()


def test_a_module_that_is_new_is_a_group_of_its_own_and_goes_first() -> None:
    new = ManagedResource("module.daily_report[0]", "aws_thing.this")
    groups = group_resources(
        [*read_managed_resources(whole_state()), new, ManagedResource("", "aws_thing.this")]
    )
    assert [group.name for group in groups[:2]] == ["daily-report", "root"]
    assert read_names("daily-report", groups) == ["daily-report"]
    assert groups[0].title == "daily-report (1 resource)"


def test_names_are_read_as_people_write_them() -> None:
    assert read_names(" Bucket,state_machines, Lambda,,", []) == ["bucket", "state-machines", "functions"]
    assert read_names("", []) == []


def test_a_wrong_name_says_which_there_are() -> None:
    with pytest.raises(WrongUseError, match="'bukket' is none of state-machines, pipeline, functions, queue"):
        read_names("bucket,bukket", whole())


def test_titles_name_things_while_they_are_few() -> None:
    titles = {group.name: group.title for group in whole()}
    assert titles["queue"] == "queues sagestep-callback, sagestep-callback-dlq"
    assert titles["pipeline"] == "pipeline sagestep-geospatial"
    assert titles["images"] == "image repository sagestep-scikit"
    assert titles["state-machines"] == "5 state machines"
