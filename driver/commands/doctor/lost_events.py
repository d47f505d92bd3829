"""Whether events are lost that tasks wait for."""

from __future__ import annotations

from collections.abc import Callable

from driver.aws.lost_events import Lost
from driver.commands.doctor.checkup import Finding, passed, warned
from driver.host.wording import counted
from driver.model.exceptions import NotDeployedError

_NAMED = 3  # executions


def check_lost_events(find: Callable[[], Lost], target_flag: str) -> Finding:
    """Look into the dead-letter queue of the answer function."""
    try:
        lost = find()
    except NotDeployedError:
        return passed("nothing is deployed")
    if not lost.count:
        return passed("none")
    told = list(lost.told[:_NAMED]) + (["…"] if lost.count > _NAMED else [])
    return warned(
        f"{counted(lost.count, 'event')} did not get through to the answer function: {'; '.join(told)}",
        f"`invoke redeliver{target_flag}` hands them to it again.",
    )
