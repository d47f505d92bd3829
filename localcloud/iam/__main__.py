"""The laboratory at the command line: a request as JSON on each line in, a decision on each line out."""

import json
import sys

from localcloud.iam.laboratory import answer


def main() -> None:
    """Answer each line as it comes; a reader that has gone away ends it quietly."""
    try:
        for line in sys.stdin.buffer:
            sys.stdout.write(json.dumps(answer(line)) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()


if __name__ == "__main__":
    main()
