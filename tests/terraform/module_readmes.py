"""The tables of inputs and outputs in the modules' READMEs, made from `variables.tf` and `outputs.tf`.

`python -m tests.terraform.module_readmes` writes them; a test compares them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from .program import ROOT

MODULES = sorted(path.parent for path in (ROOT / "terraform" / "modules").glob("*/main.tf"))

_BLOCK = re.compile(r'^(?:variable|output) "(\w+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_ATTRIBUTE = r"^  {} += (.*?)(?=^  [a-z#]|^\n|\Z)"
_TABLES = re.compile(r"\n## Inputs\n.*", re.DOTALL)


def _attribute(body: str, name: str) -> str:
    found = re.search(_ATTRIBUTE.format(name), body, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _rows(file: Path) -> Iterator[tuple[str, str]]:
    yield from _BLOCK.findall(file.read_text(encoding="utf-8"))


def readme_of(module: Path) -> str:
    """Return the README of a module as it must be: what it says, then its inputs and outputs."""
    said = _TABLES.sub("", (module / "README.md").read_text(encoding="utf-8")).rstrip()
    inputs = [
        f"| `{name}` | {_text(body)} | `{_attribute(body, 'type')}` | {_default(body)} |"
        for name, body in _rows(module / "variables.tf")
    ]
    outputs = [f"| `{name}` | {_text(body)} |" for name, body in _rows(module / "outputs.tf")]
    lines = [
        *(said, "", "## Inputs", "", "| name | description | type | default |", "|---|---|---|---|"),
        *(*inputs, "", "## Outputs", "", "| name | description |", "|---|---|", *outputs),
    ]
    return "\n".join(lines) + "\n"


def _text(body: str) -> str:
    return _attribute(body, "description").strip('"').replace('\\"', '"')


def _default(body: str) -> str:
    default = _attribute(body, "default")
    return f"`{default}`" if default else "required"


if __name__ == "__main__":
    for folder in MODULES:
        (folder / "README.md").write_text(readme_of(folder), encoding="utf-8")
