"""What a container says of itself when it ends, in files of its own."""

from pathlib import Path

_LONGEST_REASON = 1024  # characters (service model, FailureReason)
_LONGEST_TEXT = 960  # of the file: what it says must leave room for the exit code


def failure_reason(file: Path, code: int) -> str:
    """Say why a container failed, in AWS's form: what it wrote to a file, and its exit code."""
    text = ""
    if file.is_file():
        with file.open("rb") as opened:
            text = opened.read(4 * _LONGEST_TEXT).decode("utf-8", "replace")[:_LONGEST_TEXT].strip()
    return f"AlgorithmError: {text}, exit code: {code}"[:_LONGEST_REASON]


def read_start(file: Path, size: int) -> str:
    """Read so many bytes of a text, less those of a character that is cut off at the end.

    Raises
    ------
    UnicodeDecodeError
        The file is not UTF-8.
    """
    with file.open("rb") as opened:
        start = opened.read(size)
    try:
        return start.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(start) < size or error.start < size - 3:
            raise
        return start[: error.start].decode("utf-8")
