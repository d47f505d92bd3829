"""`invoke redeliver`, and what `invoke status` tells of events that the answer function did not take."""

from __future__ import annotations

from collections.abc import Sequence

from driver.aws.lost_events import Lost, LostEvent
from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.host.console import Console
from driver.host.wording import counted


def find_lost_events(deployed: Deployed) -> Lost:
    """Look into the queue; a deployment from before there was one has lost what it has lost."""
    url, service = deployed.outputs.lost_events_queue_url, deployed.connection.lost_events
    count = service.count(url) if url else 0
    if not count:
        return Lost()
    events = service.look(url)
    return Lost(count, events, [_named(deployed, event) for event in events])


def show_lost_events(lost: Lost, target_flag: str, console: Console) -> None:
    """Say which executions wait for an answer that nobody gives, and what helps."""
    if not lost.count:
        return
    console.warn(f"{counted(lost.count, 'event')} did not reach the answer function:")
    for told in lost.told:
        console.say(f"  {told}")
    if lost.count > len(lost.told):
        console.say("  …")
    console.say(f"`invoke redeliver{target_flag}` sends them again. `invoke stop{target_flag}")
    console.say("--execution NAME` ends an execution that still waits.")


class Redeliver(Command):
    """Hands lost events to the answer function again."""

    def __call__(self) -> None:
        """Hand over what lies in the queue, each event once.

        Raises
        ------
        NotDeployedError
            If nothing is deployed.
        """
        deployed = self.deployed
        outputs, service = deployed.outputs, deployed.connection.lost_events
        answering = outputs.functions.get("answer_task")
        url, function = outputs.lost_events_queue_url, answering.name if answering else ""
        count = service.count(url) if url and function else 0
        events: Sequence[LostEvent] = list(service.redeliver(url, function, count)) if count else ()
        if not events:
            self.console.say("No events are lost.")
        for event in events:
            if event.event:
                self.console.done(f"sent again: {_named(deployed, event)}")
            else:
                self.console.warn(f"A message stays in the queue: {event.error}")
        if any(event.event for event in events):
            self.console.say(
                "An event on which the function fails again comes back: `invoke status"
                f"{deployed.target_flag}` shows it within minutes."
            )


def _named(deployed: Deployed, event: LostEvent) -> str:
    """Say which execution an event is about, and how it was lost."""
    name = deployed.short_name(event.execution) if event.execution else "unknown execution"
    return f"{name}: {' '.join(event.error.split())}"
