"""What the terminal shows of log lines: time, source, and the message without its wrapping."""

from __future__ import annotations

from collections.abc import Mapping

from driver.executions.outcomes import describe_failure
from driver.host.console import Console
from driver.host.control_characters import without_escapes
from driver.inspection.logs.errors import structured
from driver.inspection.logs.events import LogLine

# Each can be read on a dark and on a light background; red is for errors.
_PALETTE = ("cyan", "magenta", "green", "bright_blue", "dark_orange3", "dark_cyan")
_ERROR = "bold red"
_FIRST_HOST = "algo-1"  # most jobs have no other
_LONGEST_NAME = 26  # characters of a source's name on a terminal
_END = 11  # of them from the name's end: that is where names of jobs differ


class LogView:
    """Shows lines, each source in a colour of its own; off a terminal, with the whole time and source."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._sources: list[str] = []
        self._hosts: dict[str, set[str]] = {}  # of each source, those that have written lines

    def show(self, line: LogLine) -> None:
        """Show a line."""
        source = line.source
        if source not in self._sources:
            self._sources.append(source)
        time, mark = line.time, "✗" if line.is_error else " "
        if self._console.is_terminal:
            time = line.event.time.astimezone().strftime("%H:%M:%S.%f")[:-3]
            source = f"{_shortened(source):{min(_LONGEST_NAME, max(map(len, self._sources)))}}"
        host = line.event.host
        hosts = self._hosts.setdefault(line.source, set())
        hosts.add(host)
        if host and (len(hosts) > 1 or host != _FIRST_HOST):
            mark = f"{mark} {host}:"
        first, *more = readable(line.event.message).rstrip().splitlines() or [""]
        style = _ERROR if line.is_error else self._style(line.source)
        self._console.quote(f"{time} {source} {mark} {first}", style)
        for text in more:
            self._console.quote(f"    {text}", style)

    def _style(self, source: str) -> str:
        return _PALETTE[self._sources.index(source) % len(_PALETTE)]


def readable(message: str) -> str:
    """Write a message as people read it: of a JSON line its level and text, without what moves a cursor."""
    line = structured(message)
    if line is None:
        return without_escapes(message)
    if "level" not in line:
        return _of_state_machine(line)
    text = f"{line['level']} {line.get('message', '')}"
    return f"{text}\n{line['exception']}" if "exception" in line else text


def _of_state_machine(line: Mapping[str, object]) -> str:
    details = line.get("details")
    found = details if isinstance(details, Mapping) else {}
    why = describe_failure(str(found.get("error") or ""), str(found.get("cause") or ""))
    return f"{line.get('type', '')} {found.get('name', '')} {why}".replace("  ", " ").rstrip()


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - _END - 1]}…{name[-_END:]}"
