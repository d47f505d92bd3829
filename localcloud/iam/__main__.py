"""The laboratory at the command line: a request as JSON on each line in, a decision on each line out.

With ``--check``, policies are held against AWS's reference instead.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from localcloud.iam.checking import findings, unchecked
from localcloud.iam.laboratory import answer

_WRONG, _UNREADABLE = 1, 2  # as argparse ends where it is called wrongly


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer each line as it comes, or check policies; a reader that has gone away ends it quietly."""
    parser = argparse.ArgumentParser("python -m localcloud.iam", description=__doc__)
    parser.add_argument("--check", metavar="POLICY", nargs="+", type=Path, help="files with a policy each")
    files = parser.parse_args(arguments).check
    try:
        if files:
            return max(_check(file) for file in files)
        for line in sys.stdin.buffer:
            sys.stdout.write(json.dumps(answer(line)) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _check(file: Path) -> int:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{file} cannot be read: {error}\n")
        return _UNREADABLE
    found = findings(text)
    for service in unchecked(text):
        sys.stdout.write(f"{file}: not checked: actions of {service}, which the reference here lacks\n")
    sys.stdout.writelines(f"{file}: {each}\n" for each in found or ["nothing found"])
    return _WRONG if found else 0


if __name__ == "__main__":
    sys.exit(main())
