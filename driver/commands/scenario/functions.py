"""Whether functions that are deployed would be updated, and what remains to do if they are not.

Terraform also updates what its targets depend on. So a function that is not to be updated holds back
everything that depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from driver.deployments.groups import FUNCTIONS, Group, group_resources
from driver.terraform.plan import Action, Plan
from driver.terraform.state import ManagedResource

_KEY = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Update:
    """What a plan means for the deployed functions.

    Parameters
    ----------
    present
        The deployed functions.
    changed
        Those of them that would be changed.
    rest
        Addresses of all other changes that are possible without them.
    held_back
        Addresses of changes to resources that depend on them.
    creates
        Whether anything would be created; the state does not tell yet what that depends on.
    """

    present: tuple[str, ...]
    changed: tuple[str, ...]
    rest: tuple[str, ...]
    held_back: tuple[str, ...]
    creates: bool

    @property
    def can_be_declined(self) -> bool:
        """Whether the rest can be done without the functions."""
        return not self.creates


def present_functions(resources: Iterable[ManagedResource]) -> tuple[str, ...]:
    """Name the functions that are there."""
    return tuple(sorted(found.id for found in _functions(group_resources(resources))))


def judge_update(resources: Sequence[ManagedResource], plan: Plan) -> Update:
    """Find out what a plan would do to the deployed functions."""
    functions = {found.address: found for found in _functions(group_resources(resources))}
    actions = {change.address: change.action for change in plan.changes}
    changed = [address for address in functions if address in actions]
    without_keys = {_KEY.sub("", address) for address in changed}
    built_on_them = {found.address for found in resources if without_keys.intersection(found.dependencies)}
    others = [address for address in actions if address not in functions]
    return Update(
        present=tuple(sorted(found.id for found in functions.values())),
        changed=tuple(sorted(functions[address].id for address in changed)),
        rest=tuple(sorted(address for address in others if address not in built_on_them)),
        held_back=tuple(sorted(address for address in others if address in built_on_them)),
        creates=Action.CREATE in actions.values(),
    )


def _functions(groups: Iterable[Group]) -> list[ManagedResource]:
    found = [resource for group in groups if group.name == FUNCTIONS for resource in group.resources]
    return [resource for resource in found if resource.type == "aws_lambda_function"]
