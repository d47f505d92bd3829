"""What a file of requirements names, but must not: passwords, and package indexes that are not safe.

pip asks every index for every package, and takes the highest version that any of them has: whoever registers
a team's name in a public index has his package installed (pip's documentation, `--extra-index-url`). With a
hash for each file pip takes no other file, wherever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from driver.manifests.manifest import Mistake

_COMMENT = re.compile(r"(^|\s)#.*")
_FURTHER = re.compile(r"\s*--extra-index-url\b")
_USER = re.compile(r"(\w+)://([^/\s]*)@")
_VARIABLE = re.compile(r"(\$\{[A-Z0-9_]+\})?")  # pip's documentation, "Requirements File Format"
_HASH = "--hash="


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
