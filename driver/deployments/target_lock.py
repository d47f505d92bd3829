"""The lock on one target: one command at a time changes it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from driver.model.exceptions import BusyError
from driver.terraform.state_lock import state_lock_owner


@contextmanager
def locked(
    directory: Path, state_path: Path, command: str, end_leftovers: Callable[[], None]
) -> Iterator[None]:
    """Keep every other command from changing a target.

    The lock is the kernel's and goes with the process that holds it, however that ends. Terraform's own
    lock on the state would come later, after the local cloud had been touched.

    Parameters
    ----------
    directory
        The target's folder.
    state_path
        Terraform's state.
    command
        Who asks for the lock.
    end_leftovers
        Ends what killed commands have left running.

    Raises
    ------
    BusyError
        If another command holds it, or Terraform works on the state still: its command was killed.
    """
    directory.mkdir(parents=True, exist_ok=True)
    # Beside the folder: a lock cannot be removed together with what it protects.
    with directory.with_suffix(".lock").open("a+", encoding="utf-8", errors="replace") as holder:
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder.seek(0)
            raise BusyError(
                f"`{command}` cannot start.",
                f"Another command is changing the same target: {holder.read() or 'it just began'}.",
                "Wait for it to end, then try again.",
            ) from error
        holder.truncate(0)
        # The note is for others to read. The lock holds without it, on a full disk too.
        with suppress(OSError):
            os.write(holder.fileno(), f"`{command}`, process {os.getpid()}".encode())
        try:
            end_leftovers()
            _check_that_terraform_rests(state_path, command)
            yield
        finally:
            holder.truncate(0)


def _check_that_terraform_rests(state_path: Path, command: str) -> None:
    owner = state_lock_owner(state_path)
    if owner is not None:
        raise BusyError(
            f"`{command}` cannot start.",
            f"Terraform, process {owner}, works on the state still; the command that started it is gone.",
            f"Wait for it to end, or let `kill -INT {owner}` end it cleanly; then try again.",
        )
