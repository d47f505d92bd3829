"""The programs of docs/python.md, run as the notebook of a user."""

import re
from pathlib import Path
from typing import Any

from tests.integration.stack import ROOT, Stack

_SECTION = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def programs() -> dict[str, list[str]]:
    """Read the blocks of Python of each section of the page."""
    _, *parts = _SECTION.split((ROOT / "docs" / "python.md").read_text(encoding="utf-8"))
    return {name: _BLOCK.findall(text) for name, text in zip(parts[::2], parts[1::2], strict=True)}


def run_notebook(stack: Stack, folder: Path, programs: list[str]) -> list[Any]:
    """Run a cell for each program in a folder; returns the cells with what they show.

    The kernel is a process with the stack's environment; all that Jupyter keeps lies in the folder.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in programs])
    places = {name: str(folder / name) for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")}
    environ = stack.environment | places | {"PYTHONPATH": str(ROOT)}
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environ)
    return list(notebook.cells)


def shown(cell: Any, kind: str) -> str:
    """Give what a cell shows as that kind: `text/html`, `text/plain`, or `stdout`."""
    outputs = cell.outputs
    if kind == "stdout":
        return "".join(output.text for output in outputs if output.output_type == "stream")
    return "".join(str(output.data[kind]) for output in outputs if kind in output.get("data", {}))
