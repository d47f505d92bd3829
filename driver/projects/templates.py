"""Terraform's templates, filled without Terraform: enough to check what comes of them.

Definitions and manifests name values as ``${bucket_name}`` or ``${functions.score}``
(https://developer.hashicorp.com/terraform/language/expressions/strings#string-templates). What is more than a
name, such as a call, only Terraform can fill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from driver.manifests.complaints import suggestion

_MARK = re.compile(r"\$\$\{|%%\{|%\{|\$\{([^{}]*)\}")
_NAME = re.compile(r'\s*(\w+)(?:\.([\w-]+)|\["([^"]+)"\])?\s*')
_UNKNOWN = "unknown"  # stands for what is not filled

Values = Mapping[str, str | Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its values.

    - `wrong`: the line of each name that there is not, and what to write.
    - `beyond`: the line of the first part that only Terraform can fill; None if there is none.
    - `names`: what it names, such as `bucket_name` or `functions.score`.
    """

    text: str
    wrong: tuple[tuple[int, str], ...]
    beyond: int | None
    names: frozenset[str]


def fill(template: str, values: Values) -> Filled:
    """Fill a template; lines stay where they are."""
    wrong: list[tuple[int, str]] = []
    beyond: list[int] = []
    names: set[str] = set()

    def value(match: re.Match[str]) -> str:
        line = template.count("\n", 0, match.start()) + 1
        if match[0] in {"$${", "%%{"}:
            return match[0][1:]
        name = None if match[1] is None else _NAME.fullmatch(match[1])
        if name is None:
            beyond.append(line)
            return _UNKNOWN
        key = name[2] or name[3]
        names.add(f"{name[1]}.{key}" if key else name[1])
        found, why = _look_up(values, name[1], key)
        if why:
            wrong.append((line, f"{match[0]} cannot be filled: {why}"))
        return found

    text = _MARK.sub(value, template)
    return Filled(text, tuple(wrong), beyond[0] if beyond else None, frozenset(names))


def as_template(text: str, values: Values) -> str:
    """Write a text as a template that gives it again, but for the values that it names as a template does."""

    def written(match: re.Match[str]) -> str:
        name = None if match[1] is None else _NAME.fullmatch(match[1])
        found = values.get(name[1]) if name else None
        if name and found is not None and isinstance(found, str) is ((name[2] or name[3]) is None):
            return match[0]
        return match[0].replace("${", "$${").replace("%{", "%%{")

    return re.sub(r"%\{|\$\{(?:([^{}]*)\})?", written, text)


def _look_up(values: Values, name: str, key: str | None) -> tuple[str, str]:
    """Return a value, or why there is none."""
    found = values.get(name)
    if found is None:
        return _UNKNOWN, f"there is no value {name}; {suggestion(name, sorted(values))}"
    if isinstance(found, str):
        return (found, "") if key is None else (_UNKNOWN, f"{name} is a text")
    if key is None:
        return _UNKNOWN, f"write ${{{name}.NAME}}"
    if key in found:
        return found[key], ""
    singular = name.removesuffix("s")
    known = suggestion(key, sorted(found)) if found else "the project has none"
    return _UNKNOWN, f"there is no {singular} {key}; {known}"
