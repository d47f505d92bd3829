"""Reads the files and the commands that a page of docs/ tells a user to write and to type."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_HEADING = re.compile("## (.+)")
_FENCE = re.compile("```([a-z]+)")
_FILE = re.compile(r"`([\w./-]+)`:$")  # the end of the line before a block that is a file


@dataclass(frozen=True)
class File:
    """A file that the page shows in full."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A command that the page shows, without its comment, and the lines that it is said to print."""

    line: str
    prints: list[str] = field(default_factory=list)


def parts_of(page: Path) -> dict[str, list[File | Command]]:
    """Give the files and commands of each section of a page, in order."""
    sections: dict[str, list[File | Command]] = {}
    heading, before = "", ""
    lines = iter(page.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if match := _HEADING.match(line):
            heading = match[1]
        elif match := _FENCE.match(line):
            block = list(_block(lines))
            if match[1] == "console":
                sections.setdefault(heading, []).extend(_commands(block))
            elif named := _FILE.search(before):
                sections.setdefault(heading, []).append(File(named[1], "\n".join([*block, ""])))
        before = line or before
    return sections


def _block(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line == "```":
            return
        yield line


def _commands(block: list[str]) -> Iterator[Command]:
    found: list[Command] = []
    for line in block:
        if line.startswith("$ "):
            found.append(Command(line[2:].partition("  #")[0].rstrip()))
        else:
            found[-1].prints.append(line)
    yield from found
