"""Terraform's resources as they change, shown while a command runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Group
from rich.spinner import Spinner
from rich.text import Text

from driver.host.console import Console
from driver.host.wording import describe_seconds
from driver.terraform.events import ChangeSummary, Diagnostic, Event, Note, Phase, ResourceEvent

# Reading a data source is no change: it is not among these, and not shown.
_DOING = {"create": "creating", "update": "updating", "delete": "destroying"}
_DONE = {"create": "created", "update": "updated", "delete": "destroyed"}


class TerraformView:
    """A Terraform command: what is being done for how long, and what is done."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._began = clock()
        self._running: dict[str, tuple[str, float]] = {}
        self._planned: int | None = None
        self._finished = 0
        self._spinner = Spinner("dots")

    @contextmanager
    def shown(self) -> Iterator[Callable[[Event], None]]:
        """Show the command while it runs; yields what is to be told of each event."""
        if not self._console.is_terminal:
            self._console.news("Terraform compares what is there with what is wanted …")
            yield self.on_event
            return
        with self._console.repainted(self._paint):
            yield self.on_event

    def on_event(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case ResourceEvent() if event.action in _DOING:
                self._on_change(event)
            case ChangeSummary("plan"):
                self._planned = event.total
            case Diagnostic() if not event.is_error:
                self._console.warn(f"Terraform warns: {event.summary}")
            case Note(text) if "Interrupt received" in text:
                self._console.warn("Interrupted: Terraform is ending cleanly. Ctrl-C again kills it.")

    def _on_change(self, event: ResourceEvent) -> None:
        took = f"  {event.seconds:.0f} s" if event.seconds >= 1 else ""
        match event.phase:
            case Phase.STARTED:
                self._running[event.address] = (event.action, self._clock())
                if not self._console.is_terminal:
                    self._console.news(f"  {_DOING[event.action]} {event.address}")
            case Phase.FINISHED:
                self._running.pop(event.address, None)
                self._finished += 1
                self._console.done(f"{_DONE[event.action]} {event.address}{took}")
            case Phase.FAILED:
                self._running.pop(event.address, None)
                self._console.warn(f"{_DOING[event.action]} {event.address} failed{took}")

    def _paint(self) -> Group:
        """Draw the lines below the finished ones; called in rich's thread, hence the copy of what runs."""
        now, running = self._clock(), tuple(self._running.items())
        if self._planned is None:
            state = "comparing what is there with what is wanted"
        else:
            state = f"{self._finished} of {self._planned} done"
        self._spinner.update(text=Text(f"Terraform: {state}  {describe_seconds(now - self._began)}"))
        lines = [
            Text(f"  {_DOING[action]} {address}  {describe_seconds(now - since)}", "dim")
            for address, (action, since) in running
        ]
        return Group(self._spinner, *lines)
