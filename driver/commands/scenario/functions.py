"""Whether functions that are deployed already would be updated, and what is left to do if they are not.

Terraform brings up to date what its targets depend on, too. So a function that is to stay as it is holds back
all that is built on it.
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
    """What a plan means to the functions that are there.

    Parameters
    ----------
    present
        The functions that are there.
    changed
        Those of them that would be changed.
    rest
        Addresses of everything else that would be changed and can be without them.
    held_back
        Addresses of what would be changed and is built on them.
    creates
        Whether anything would be created: what that is built on, the state does not know yet.
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
    """Find out what a plan would do to the functions.

    Parameters
    ----------
    resources
        What there is.
    plan
        What would change.
    """
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
