"""The layers of a function, merged in their order into one folder: what stands for ``/opt``.

Source: AWS Lambda developer guide, "Managing Lambda dependencies with layers": Lambda extracts the content of
each layer into ``/opt``, one after the other, and files of a later layer replace those of an earlier one.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path


def merge(layers: Mapping[str, Path], folder: Path) -> Path | None:
    """Merge unpacked layers, once for all functions that have the same ones.

    `layers`: where each lies, unpacked, by its version's ARN and in their order. Returns the merged content;
    None without layers.
    """
    if not layers:
        return None
    merged = folder / hashlib.sha256("\n".join(layers).encode()).hexdigest()[:16]
    if not merged.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as made:
            content = Path(made, "opt")
            content.mkdir()
            for layer in layers.values():
                shutil.copytree(layer, content, symlinks=True, dirs_exist_ok=True)
            try:
                content.rename(merged)
            except OSError:  # another function was faster
                if not merged.exists():
                    raise
    return merged


def as_on_aws(text: bytes, places: Sequence[tuple[Path | None, str]]) -> bytes:
    """Write the names of files as on AWS, such as ``/var/task/app.py`` in a stack trace."""
    for here, there in places:
        if here is not None:
            text = text.replace(f"{here}/".encode(), f"{there}/".encode())
    return text
