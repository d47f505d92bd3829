"""The variables that Terraform files declare, read without Terraform, which takes seconds. Pure.

Syntax: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPECIAL = re.compile(r'["{}]|#|//|/\*|<<-?(?=[^\W\d])')
_IN_TEXT = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)
_HEREDOC = re.compile(r"<<-?([\w-]+)[ \t]*\r?\n")
_BLOCK = re.compile(r'^[ \t]*variable[ \t]+(?:"([^"\n]*)"|([\w-]+))[ \t]*\{', re.MULTILINE)
_DEFAULT = re.compile(r"(?:^|[\n{])[ \t]*default[ \t]*=(?!=)")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its name, the line of its block, and whether Terraform knows a value without being told."""

    name: str
    line: int
    has_default: bool


def declared_variables(text: str) -> Iterator[Variable]:
    """Find the variables of a Terraform file; what is wrong in it is for Terraform to tell."""
    code = _code(text)
    for match in _BLOCK.finditer(code):
        depth, end = 0, len(code)
        own: list[str] = []  # what stands in the block itself, not in a block or an object within
        for brace in re.finditer(r"[{}]", code[match.end() - 1 :]):
            place = match.end() - 1 + brace.start()
            if depth == 1:
                own.append(code[end:place])
            depth += 1 if brace[0] == "{" else -1
            end = place + 1
            if depth == 0:
                break
        yield Variable(
            text[slice(*match.span(1 if match[1] is not None else 2))],
            text.count("\n", 0, match.start()) + 1,
            any(_DEFAULT.search("{" + part if number == 0 else part) for number, part in enumerate(own)),
        )


def _code(text: str) -> str:
    """Put spaces in place of comments, heredocs and what stands in quotes; lines stay where they are."""
    kept: list[str] = []
    place = 0
    while found := _SPECIAL.search(text, place):
        start, mark = found.start(), found[0]
        kept.append(text[place:start])
        place = found.end()
        if mark in "{}":
            kept.append(mark)
            continue
        if mark == '"':
            place = _end_of_text(text, place)
        elif mark in {"#", "//"}:
            place = _end(text.find("\n", place), text)
        elif mark == "/*":
            place = _end(text.find("*/", place), text, 2)
        elif heredoc := _HEREDOC.match(text, start):
            last = re.compile(rf"^[ \t]*{re.escape(heredoc[1])}[ \t]*\r?$", re.MULTILINE)
            closing = last.search(text, heredoc.end())
            place = closing.end() if closing else len(text)
        blanks = re.sub(r"[^\n]", " ", text[start:place])
        kept.append(f'"{blanks[1:-1]}"' if mark == '"' and place - start > 1 else blanks)
    return "".join(kept) + text[place:]


def _end(found: int, text: str, length: int = 0) -> int:
    return len(text) if found < 0 else found + length


def _end_of_text(text: str, place: int) -> int:
    """Find where a quoted text ends; it may hold `${…}` with further quotes in it."""
    while found := _IN_TEXT.search(text, place):
        place = found.end()
        if found[0] in {'"', "\n"}:  # no text in quotes goes over a line
            return place if found[0] == '"' else found.start()
        if found[0] in {"${", "%{"}:
            depth = 1
            while depth and (inner := re.compile(r'["{}]').search(text, place)):
                place = inner.end()
                if inner[0] == '"':
                    place = _end_of_text(text, place)
                else:
                    depth += 1 if inner[0] == "{" else -1
    return len(text)
