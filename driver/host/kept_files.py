"""Reading the files that the driver and Terraform keep.

A file that is empty, half-written, of another kind or unreadable is an error that names it and tells what to
do. A missing file is no error: nothing was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from driver.model.exceptions import BrokenFileError
from driver.model.records import parse_object

T = TypeVar("T")

_ASIDE = ".broken-"
_KEPT_ASIDE = 3  # of one file


Cure = str | Callable[[], str]
"""What to do about a broken file; a function where it takes a while to find out."""


def read_text(path: Path, what: str, cure: Cure) -> str | None:
    """Read a file; None if there is none.

    Parameters
    ----------
    what
        What the file is to the user, such as `The record of the deployment`: the error begins with it.
    cure
        What to do if it cannot be read.

    Raises
    ------
    BrokenFileError
        The file cannot be read, or is no UTF-8 text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise broken(path, what, "is no UTF-8 text", cure) from error
    except OSError as error:
        raise broken(path, what, f"cannot be read: {error.strerror}", cure) from error


def read_record(path: Path, what: str, cure: str, parse: Callable[[dict[str, Any]], T]) -> T | None:
    """Read a file that holds a JSON object, as `read_text` does.

    `parse` makes a value of the object; where it raises KeyError, TypeError or ValueError the file is broken.
    """
    text = read_text(path, what, cure)
    if text is None:
        return None
    try:
        return parse(parse_object(text))
    except (KeyError, TypeError, ValueError) as error:
        raise broken(path, what, _reason(error), cure) from error


def broken(path: Path, what: str, reason: str, cure: Cure) -> BrokenFileError:
    """Name a file that cannot be used; the reason follows its path."""
    return BrokenFileError(
        f"{what} is broken.", f"{path} {reason}.", cure if isinstance(cure, str) else cure()
    )


def set_aside(path: Path, now: datetime | None = None) -> Path:
    """Rename a broken file, or a folder in its place, and return its new name; the newest three are kept."""
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}{_ASIDE}{moment}")
    path.rename(aside)
    older = sorted(path.parent.glob(f"{path.name}{_ASIDE}*"))[:-_KEPT_ASIDE]
    for left in older:
        if not left.is_dir():
            left.unlink()
    return aside


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"has no {error}"
    if isinstance(error, ValueError) and error.args:
        return str(error)
    return f"holds something else than it should: {error}"
