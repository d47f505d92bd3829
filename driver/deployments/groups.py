"""What is destroyed and what is kept when only a part of a deployment is destroyed. Pure.

A deployment is divided into groups of whole modules. A group is kept or destroyed as a whole: a bucket
without its policy, or a role without its permissions, is of no use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from driver.host.wording import counted
from driver.model.exceptions import WrongUseError
from driver.terraform.state import ManagedResource

FUNCTIONS = "functions"
PIPELINE = "pipeline"
STATE_MACHINES = "state-machines"
BUCKET = "bucket"
ROLES = "roles"
IMAGES = "images"

# In the order in which they go: first what depends on others. The modules are those of the root in
# terraform/; one that is not among them is a group of its own.
_MODULES: Mapping[str, tuple[str, ...]] = {
    STATE_MACHINES: ("state_machine", "workflow", "fan_out", "pipeline_schedule", "workflow_schedule"),
    PIPELINE: ("pipeline", "geospatial_pipeline"),
    FUNCTIONS: ("function", "geospatial_function", "start_pipeline_function", "answer_task_function"),
    "queue": ("queue", "lost_events"),
    "topic": ("notifications",),
    IMAGES: ("image_repository",),
    ROLES: ("jobs_role", "geocoding_role"),
    BUCKET: ("bucket",),
}
NAMES = tuple(_MODULES)
HOSTING_NEEDS = frozenset({ROLES, BUCKET, IMAGES})  # what an endpoint that workflows made lives on
# What a group is asked about by: one of its types, and AWS's word for it.
_SUBJECTS: Mapping[str, tuple[str, str]] = {
    STATE_MACHINES: ("aws_sfn_state_machine", "state machine"),
    PIPELINE: ("aws_sagemaker_pipeline", "pipeline"),
    FUNCTIONS: ("aws_lambda_function", "Lambda function"),
    "queue": ("aws_sqs_queue", "queue"),
    "topic": ("aws_sns_topic", "topic"),
    IMAGES: ("aws_ecr_repository", "image repository"),
    ROLES: ("aws_iam_role", "role"),
    BUCKET: ("aws_s3_bucket", "bucket"),
}
# A state machine names the pipeline it runs in its input, not in its definition.
_NEEDS_UNSAID: Mapping[str, tuple[str, ...]] = {STATE_MACHINES: (PIPELINE,)}
_LISTED = 3  # names; of more, only the number is told
_GROUP_OF = {module: name for name, modules in _MODULES.items() for module in modules}
_ALIASES = {"lambda": FUNCTIONS}
_ROOT = "root"
_FIRST_MODULE = re.compile(r"module\.([^.\[]+)")
_DATA_SOURCE = re.compile(r"(^|\.)data\.[^.]+\.[^.]+$")


@dataclass(frozen=True, slots=True)
class Group:
    """Resources that are kept or destroyed together.

    `needs` names the groups that it depends on, directly or not, without itself.
    """

    name: str
    resources: tuple[ManagedResource, ...]
    needs: frozenset[str] = frozenset()

    def ids(self, type_: str) -> list[str]:
        """Return the ids of its resources of one type."""
        return [resource.id for resource in self.resources if resource.type == type_ and resource.id]

    @property
    def title(self) -> str:
        """What it is called in a question: AWS's word for it, and its name."""
        names, (_, noun) = self._names(), self._subject
        if not names or len(names) > _LISTED:
            return self.label
        return f"{noun if len(names) == 1 else _plural(noun)} {self.label}"

    @property
    def label(self) -> str:
        """What it is called in a list that has its group's name: its names, unless they are many."""
        names, (_, noun) = self._names(), self._subject
        if len(names) > _LISTED:
            return f"{len(names)} {_plural(noun)}"
        return ", ".join(names) or f"{self.name} ({counted(len(self.resources), 'resource')})"

    @property
    def _subject(self) -> tuple[str, str]:
        return _SUBJECTS.get(self.name, ("", ""))

    def _names(self) -> list[str]:
        return sorted(re.split("[:/]", found)[-1] for found in self.ids(self._subject[0]))


@dataclass(frozen=True, slots=True)
class Split:
    """What is destroyed and what is kept, each in the order of destruction; together they are everything.

    `needed_by` has, for each kept group, the wanted groups that depend on it; none if only it is wanted.
    """

    going: tuple[Group, ...]
    kept: tuple[Group, ...]
    needed_by: Mapping[str, tuple[str, ...]]


def group_resources(resources: Iterable[ManagedResource]) -> tuple[Group, ...]:
    """Divide the resources of a state into groups, in the order of destruction."""
    members: dict[str, list[ManagedResource]] = {}
    for resource in sorted(resources):
        members.setdefault(_group_of(resource.module), []).append(resource)
    direct = {
        name: (_direct_needs(group) | {*_NEEDS_UNSAID.get(name, ())}) & members.keys()
        for name, group in members.items()
    }
    known = [name for name in NAMES if name in members]
    order = [*sorted(members.keys() - set(known)), *known]
    return tuple(Group(name, tuple(members[name]), _closure(name, direct) - {name}) for name in order)


def split(groups: Sequence[Group], wanted: Collection[str]) -> Split:
    """Decide what is kept so that everything wanted keeps working.

    Names in `wanted` of groups that do not exist are ignored.
    """
    wishes = [group for group in groups if group.name in wanted]
    names = {group.name for group in wishes}.union(*(group.needs for group in wishes))
    kept = tuple(group for group in groups if group.name in names)
    return Split(
        going=tuple(group for group in groups if group.name not in names),
        kept=kept,
        needed_by={
            group.name: tuple(wish.name for wish in wishes if group.name in wish.needs) for group in kept
        },
    )


def targets(groups: Iterable[Group]) -> list[str]:
    """Return the addresses that Terraform destroys for these groups.

    Resources, not modules: to Terraform the data sources of a module are a part of it, and everything that
    depends on one of them would be destroyed too.
    """
    return sorted(resource.address for group in groups for resource in group.resources)


def read_names(text: str, groups: Iterable[Group]) -> list[str]:
    """Read the names that the user typed after `--keep`, between commas; `lambda` means the functions.

    Raises
    ------
    WrongUseError
        If a name is neither a usual one nor of one of `groups`.
    """
    words = [word for piece in text.split(",") if (word := piece.strip().lower().replace("_", "-"))]
    names = [_ALIASES.get(word, word) for word in words]
    known = dict.fromkeys((*NAMES, *(group.name for group in groups)))
    for name in names:
        if name not in known:
            raise WrongUseError(f"--keep is {text!r}.", f"{name!r} is none of {', '.join(known)}.")
    return names


def _plural(noun: str) -> str:
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def _group_of(address: str) -> str:
    """Return the group of a resource or module by the first module in its address."""
    found = _FIRST_MODULE.match(address)
    module = found[1] if found else _ROOT
    return _GROUP_OF.get(module, module.replace("_", "-"))


def _direct_needs(resources: Iterable[ManagedResource]) -> set[str]:
    needed = (address for resource in resources for address in resource.dependencies)
    return {_group_of(address) for address in needed if _is_managed(address)}


def _is_managed(address: str) -> bool:
    """Tell whether an address is that of a resource, not of something that was only read."""
    return not _DATA_SOURCE.search(address)


def _closure(name: str, direct: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Return all that can be reached from a group."""
    reached, waiting = set[str](), [name]
    while waiting:
        for next_name in direct[waiting.pop()]:
            if next_name not in reached:
                reached.add(next_name)
                waiting.append(next_name)
    return frozenset(reached)
