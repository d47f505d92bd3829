"""Package indexes that a file of requirements names: those that are not safe.

pip asks every index for every package, and takes the highest version that any of them has: whoever registers
a team's name in a public index has his package installed (pip's documentation, `--extra-index-url`). With a
hash for each file pip takes no other file, wherever it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from driver.manifests.manifest import Mistake

_INDEX = re.compile(r"\s*(?:--index-url|--extra-index-url|-i|--find-links|-f)[ =]\s*(\S+)")
_FURTHER = re.compile(r"\s*--extra-index-url\b")
_CREDENTIALS = re.compile(r"\w+://[^/\s]*@")
_HASH = "--hash="


def index_mistakes(path: Path) -> Iterator[Mistake]:
    """Tell which lines name an index that must not be used like that."""
    text = path.read_text("utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        named = _INDEX.match(line)
        if named and _CREDENTIALS.match(named[1]):
            yield Mistake(
                path,
                number,
                "a password does not belong into a file: set PIP_INDEX_URL, or use a .netrc file",
            )
        if _FURTHER.match(line) and _HASH not in text:
            yield Mistake(
                path,
                number,
                "a second index may give any package: write a --hash for each (pip-compile "
                "--generate-hashes), or name one index with --index-url",
            )
