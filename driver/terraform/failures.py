"""What it means when Terraform fails, in the driver's own errors."""

from __future__ import annotations

import re
from collections.abc import Sequence

from driver.host.disk_space import says_full
from driver.model.exceptions import (
    BusyError,
    EnvironmentNotReadyError,
    InterruptedByUserError,
    NoRoomError,
    SagestepError,
    TerraformError,
)
from driver.terraform.environment import MIRROR_VARIABLE
from driver.terraform.events import Diagnostic, Event, Note, Phase, ResourceEvent

_NOT_FOR_USERS = " Use a -var or -var-file command line argument to provide a value for this variable."
_LOCK_INFO = re.compile(r"^\s*(ID|Path|Operation|Who|Created):[ \t]*(.*)$", re.MULTILINE)


def interruption(name: str, signals: int, events: Sequence[Event]) -> InterruptedByUserError:
    """Say how a command that was interrupted ended.

    The AWS provider drops the requests that are under way. What such a request creates all the same is known
    to nobody.

    `signals` is how often it was interrupted; the second time kills it.
    """
    begun: dict[str, None] = {}
    for event in events:
        if isinstance(event, ResourceEvent) and event.action == "create":
            if event.phase is Phase.FINISHED:
                begun.pop(event.address, None)
            else:
                begun[event.address] = None
    ended = "was killed" if signals > 1 else "ended cleanly and saved its state"
    if not begun:
        return InterruptedByUserError(
            f"Terraform was interrupted during {name}.",
            f"It {ended}; nothing was cut off.",
            "Run the same command again to go on.",
        )
    return InterruptedByUserError(
        f"Terraform was interrupted during {name}.",
        f"It {ended}; cut off were {', '.join(begun)}.",
        "Run the same command again to go on; if it says that one of these exists already, delete that one.",
        cut_off=tuple(begun),
    )


def failure(name: str, code: int, events: Sequence[Event]) -> SagestepError:
    """Turn the messages of a failed command into one error."""
    errors = [event for event in events if isinstance(event, Diagnostic) and event.is_error]
    summaries = " ".join(error.summary for error in errors)
    why = "\n".join(dict.fromkeys(_describe(error) for error in errors))  # one of the state comes many times
    if not errors:
        last_words = [event.text for event in events if isinstance(event, Note)][-5:]
        why = "\n".join(last_words) or f"It ended with code {code} and printed nothing."
    what = f"`terraform {name}` failed."
    if "query available provider packages" in summaries or "install provider" in summaries:
        cure = f"Connect to registry.terraform.io, or name a provider mirror with {MIRROR_VARIABLE}."
        return EnvironmentNotReadyError(what, why, cure)
    if "Unsupported Terraform Core version" in summaries:
        cure = "Install Terraform 1.9 or newer, or take the old one off PATH: the bundled one is used then."
        return EnvironmentNotReadyError(what, why, cure)
    if "acquiring the state lock" in summaries:
        return _locked(what, why, errors)
    if "S3 bucket" in summaries and "does not exist" in summaries:
        cure = "Create the bucket (with versioning), or correct the table [backend] of sagestep.toml."
        return EnvironmentNotReadyError(what, why, cure)
    if says_full(why):
        cure = "Make room on the disk, then run the same command again: it writes the saved state."
        return NoRoomError(what, why, cure)
    cure = "Correct the cause and run the same command again: it continues from here."
    if "No value for required variable" in summaries:
        cure = "Set it in the table [terraform] of sagestep.toml."
    return TerraformError(what, why.replace(_NOT_FOR_USERS, ""), cure)


def _locked(what: str, why: str, errors: Sequence[Diagnostic]) -> SagestepError:
    """Say who holds the lock on the state, which S3 keeps in an object beside it."""
    details = "\n".join(error.detail for error in errors)
    lock = {name: value.strip() for name, value in _LOCK_INFO.findall(details)}
    if not (lock.get("ID") and lock.get("Path")):
        return BusyError(what, why, "Wait for the other Terraform to end, then try again.")
    operation = lock.get("Operation", "").removeprefix("OperationType").lower() or "a command"
    return BusyError(
        "Terraform's state is locked.",
        f"{lock.get('Who') or 'Somebody'} holds the lock since {lock.get('Created') or 'an unknown time'}, "
        f"for {operation}: ID {lock['ID']}, state s3://{lock['Path']}.",
        "Wait for that command to end, then try again. If it is gone for good, and only then, remove its "
        f"lock: `aws s3 rm s3://{lock['Path']}.tflock`.",
    )


def _describe(error: Diagnostic) -> str:
    """Put a diagnostic on one line, shortened where a provider repeats a whole request."""
    text = ": ".join(part for part in (error.address, error.summary, " ".join(error.detail.split())) if part)
    return text if len(text) <= 700 else f"{text[:699]}…"
