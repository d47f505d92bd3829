"""Of which language a function is, as its manifest says: that decides what its package looks like."""

from __future__ import annotations

from pathlib import Path

from driver.manifests.manifest import Manifest, check_manifest, read_schema_of

MANIFEST = "function.yaml"
_DEFAULT_RUNTIME = "python3.12"  # as in terraform/modules/lambda_function


def runtime_of(folder: Path) -> str:
    """Tell the runtime of a function, such as `nodejs22.x`; the default where its manifest cannot be read."""
    path = folder / MANIFEST
    found = check_manifest(path, read_schema_of("function")) if path.is_file() else None
    return (
        str(found.content.get("runtime", _DEFAULT_RUNTIME))
        if isinstance(found, Manifest)
        else _DEFAULT_RUNTIME
    )


def is_node(folder: Path) -> bool:
    """Tell whether a function is one in Node.js."""
    return runtime_of(folder).startswith("nodejs")
