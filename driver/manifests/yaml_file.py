"""YAML, read safely, with the line of each key.

Plain values are those of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema). In YAML 1.1, which PyYAML
reads, `no` is false, `2024-01-01` a date and `1:30` ninety minutes. `012` is a text: accounts are written so.
Anchors and aliases are refused, and so are keys that are written twice: PyYAML takes the last in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

_IN_QUOTES = "a text that begins with * or & must be in quotes"

Place = tuple[str | int, ...]
"""Where a value stands: the keys and positions that lead to it."""


class YamlError(Exception):
    """A text is no YAML, or YAML that is not taken here; `line` counts from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True)
class Yaml:
    """What a text holds.

    - `lines`: the line of each key and each item of a list, by its place; counts from 1.
    - `texts`: how a number, true, false or null is written, by its place.
    """

    content: Any
    lines: Mapping[Place, int]
    texts: Mapping[Place, str]

    def line(self, place: Place) -> int:
        """Give the line of a value, or of the nearest one around it that there is."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_yaml(text: str) -> Yaml:
    """Read a text; raises `YamlError`."""
    lines: dict[Place, int] = {}
    texts: dict[Place, str] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Yaml(None, lines, texts)
        loader.note(node, (), lines, texts)
        return Yaml(loader.construct_document(node), lines, texts)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        if error.context in {"while scanning an alias", "while scanning an anchor"}:
            reason = _IN_QUOTES
        raise YamlError(reason, 1 if mark is None else mark.line + 1) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise YamlError(str(error).splitlines()[0], 1) from error
    except RecursionError as error:
        raise YamlError("it is nested too deeply", 1) from error


class _Loader(yaml.SafeLoader):
    """A reader of plain data."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in its class

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Read one value."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise yaml.MarkedYAMLError(problem=_IN_QUOTES, problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def note(self, node: yaml.Node, place: Place, lines: dict[Place, int], texts: dict[Place, str]) -> None:
        """Note where each value stands."""
        lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.note(item, (*place, number), lines, texts)
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.tag != "tag:yaml.org,2002:str":
                    reason = (
                        f"the key {key.value} must be in quotes"
                        if isinstance(key, yaml.ScalarNode)
                        else "a key must be a text"
                    )
                    raise yaml.MarkedYAMLError(problem=reason, problem_mark=key.start_mark)
                below = (*place, key.value)
                if below in lines:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value} is written a second time", problem_mark=key.start_mark
                    )
                lines[below] = key.start_mark.line + 1
                self.note(value, below, lines, texts)
        elif node.tag != "tag:yaml.org,2002:str":
            texts[place] = node.value


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))
