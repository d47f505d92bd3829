"""What Terraform's plan says, read from `terraform show -json`; values that are secret are never kept.

Source: https://developer.hashicorp.com/terraform/internals/json-format (format version 1)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from driver.model.documents import Document, object_of
from driver.terraform.differences import differences

_LONGEST = 120  # characters of a value that are kept: some attributes are whole documents
_ROOT = ""


class Action(StrEnum):
    """What is planned for a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"  # it is taken out of the state and stays where it is


_ACTIONS = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("delete",): Action.DELETE,
    ("forget",): Action.FORGET,
    ("create", "forget"): Action.REPLACE,
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that changes; values are JSON, or words in brackets for what is long, secret, unknown.

    `differences` are lines that tell what changes in a long text, such as a definition.
    """

    name: str
    before: str
    after: str
    differences: tuple[str, ...] = ()

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "differences": list(self.differences),
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What is planned for a resource, or what happened to it outside Terraform.

    `attributes` are those that change where it is updated or replaced; the others begin or end as a whole.
    """

    module: str
    address: str
    action: Action
    attributes: tuple[Attribute, ...] = ()

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "address": self.address,
            "module": self.module,
            "action": self.action.value,
            "attributes": [attribute.document() for attribute in self.attributes],
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """All that would change; `drift` is what was changed outside Terraform, and would be changed back."""

    changes: tuple[Change, ...] = ()
    outputs: tuple[str, ...] = ()
    drift: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything would change."""
        return bool(self.changes or self.outputs)

    def count(self, action: Action) -> int:
        """Count the resources that something is planned for."""
        return sum(change.action is action for change in self.changes)


def read_plan(text: str) -> Plan:
    """Read a plan."""
    document = json.loads(text)
    outputs = document.get("output_changes", {})
    changes = tuple(_changes(document.get("resource_changes", [])))
    return Plan(
        changes,
        tuple(name for name in sorted(outputs) if outputs[name]["actions"] != ["no-op"]),
        tuple(_relevant(_changes(document.get("resource_drift", [])), changes)),
    )


def _relevant(drift: Iterable[Change], planned: Sequence[Change]) -> Iterator[Change]:
    """Leave out what only looks like a change, as most of it does: a list that was null is empty now.

    What the plan would not change back was meant.
    """
    plans = {change.address: change for change in planned}
    for change in drift:
        plan = plans.get(change.address)
        if plan is None:
            continue
        if change.action is Action.DELETE:
            yield change
            continue
        undone = {attribute.name for attribute in plan.attributes}
        attributes = tuple(attribute for attribute in change.attributes if attribute.name in undone)
        if attributes:
            yield replace(change, attributes=attributes)


def _changes(items: Sequence[Mapping[str, object]]) -> Iterator[Change]:
    for item in items:
        change = item["change"]
        assert isinstance(change, dict)
        action = _ACTIONS.get(tuple(change["actions"]))
        if action is None or item.get("mode") == "data":
            continue
        is_listed = action in {Action.UPDATE, Action.REPLACE}
        attributes = tuple(_attributes(change)) if is_listed else ()
        yield Change(str(item.get("module_address", _ROOT)), str(item["address"]), action, attributes)


def _attributes(change: Mapping[str, object]) -> Iterator[Attribute]:
    before, after = object_of(change.get("before")), object_of(change.get("after"))
    unknown = object_of(change.get("after_unknown"))
    for name in sorted({*before, *after, *unknown}):
        is_unknown = bool(unknown.get(name))
        if before.get(name) == after.get(name) and not is_unknown:
            continue
        if any(_is_secret(change.get(marks), name) for marks in ("before_sensitive", "after_sensitive")):
            yield Attribute(name, "(secret)", "(secret)")
        else:
            old, new = before.get(name), None if is_unknown else after.get(name)
            told = "(known after it is done)" if is_unknown else _written(new)
            is_long = any(_is_long(value) for value in (old, new))
            yield Attribute(name, _written(old), told, differences(old, new) if is_long else ())


def _is_secret(marks: object, name: str) -> bool:
    """Tell whether an attribute holds anything secret: the marks have its shape, or are one for all."""
    return marks is True or _holds_true(object_of(marks).get(name))


def _holds_true(marks: object) -> bool:
    if isinstance(marks, Mapping):
        return any(map(_holds_true, marks.values()))
    return any(map(_holds_true, marks)) if isinstance(marks, list) else marks is True


def _is_long(value: object) -> bool:
    return isinstance(value, str) and (len(value) > _LONGEST or "\n" in value)


def _written(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"({len(text)} characters)"
