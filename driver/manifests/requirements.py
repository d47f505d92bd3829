"""What is wrong with a file of requirements: lines that pip refuses, passwords, indexes that are not safe.

pip asks every index for every package, and takes the highest version that any of them has: whoever registers
a team's name in a public index has his package installed (pip's documentation, `--extra-index-url`). With a
hash for each file pip takes no other file, wherever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from driver.manifests.manifest import Mistake

REQUIREMENTS = "requirements.txt"
_COMMENT = re.compile(r"(^|\s)#.*")
_FURTHER = re.compile(r"\s*--extra-index-url\b")
_USER = re.compile(r"(\w+)://([^/\s]*)@")
_VARIABLE = re.compile(r"(\$\{[A-Z0-9_]+\})?")  # pip's documentation, "Requirements File Format"
_HASH = "--hash="
_OPTION = re.compile(r"(^|\s)-.*")  # pip ends a requirement at the first word that begins with a hyphen
_LINK = re.compile(r"\.|[\w+]+:|[^@\[;]*/|\S+\.(whl|zip|tar\.\w+|tgz)$")  # a URL, a path or an archive


def requirement_mistakes(path: Path) -> Iterator[Mistake]:
    """Tell which lines are no requirements: pip would refuse the file.

    Source: pip's documentation, "Requirements File Format"; PEP 508 says what a requirement is.
    """
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - it takes a while

    lines = path.read_text("utf-8-sig", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        if number > 1 and lines[number - 2].endswith("\\"):
            continue  # it goes on with the line before: an option such as --hash
        text = _OPTION.sub("", _COMMENT.sub("", line).rstrip("\\")).strip()
        if not text or "${" in text or _LINK.match(text):
            continue
        try:
            Requirement(text)
        except InvalidRequirement as error:
            why = str(error).partition("\n")[0]
            yield Mistake(path, number, f"pip cannot read {text!r}: {why}; write NAME, or NAME==1.2")


def index_mistakes(path: Path) -> Iterator[Mistake]:
    """Tell which lines hold a password, or name a second index that may give any package."""
    text = path.read_text("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        if any(_is_secret(*found) for found in _USER.findall(_COMMENT.sub("", line))):
            yield Mistake(
                path,
                number,
                "a password does not belong in a file: set PIP_INDEX_URL, use a .netrc file, or name a "
                "variable that begins with PIP_, such as ${PIP_PASSWORD}",
            )
        if _FURTHER.match(line) and _HASH not in text:
            yield Mistake(
                path,
                number,
                "a second index may give any package: write a --hash for each (pip-compile "
                "--generate-hashes), or name one index with --index-url",
            )


def _is_secret(scheme: str, user: str) -> bool:
    """Tell whether the user of an address has a password or, as with HTTP, may be a token."""
    name, colon, password = user.partition(":")
    secret = password if colon or scheme == "ssh" else name
    return not _VARIABLE.fullmatch(secret)
