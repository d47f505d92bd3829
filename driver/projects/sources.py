"""Checks of functions, images and Python files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from driver.manifests.manifest import Manifest
from driver.projects.findings import Findings
from driver.projects.templates import Values

_PROGRAM = re.compile(r"[\w./-]+\.py")


def check_python(folder: Path, findings: Findings) -> None:
    """Note each Python file of a folder that Python cannot read."""
    for path in sorted(folder.rglob("*.py")):
        _parsed(path, findings)


def check_function(folder: Path, values: Values, findings: Findings) -> None:
    """Check a function: its manifest, and that its handler is there."""
    manifest = findings.manifest(folder / "function.yaml", "function", values)
    if manifest is None and not (folder / "function.yaml").is_file():
        findings.wrong(
            folder / "function.yaml",
            1,
            f"the function {folder.name} is not deployed without it; it may be empty",
        )
    check_python(folder, findings)
    own = f"lambda_src.{folder.name}"
    handler = str(manifest.content.get("handler", "")) if manifest else ""
    module, _, name = (handler or f"{own}.handler.lambda_handler").rpartition(".")
    if not module.startswith(f"{own}."):
        return  # it is of another package
    path = folder / f"{module.removeprefix(f'{own}.').replace('.', '/')}.py"
    if not path.is_file():
        _say_no_handler(path, 1, "there is no such file", manifest, findings)
        return
    tree = _parsed(path, None)
    if tree is not None and name not in _defined(tree):
        _say_no_handler(path, 1, f"it defines no {name}: `def {name}(event, context):`", manifest, findings)


def _say_no_handler(path: Path, line: int, text: str, manifest: Manifest | None, findings: Findings) -> None:
    if manifest and "handler" in manifest.content:
        findings.mistakes.append(manifest.mistake(f"{path.name}: {text}", "handler"))
    else:
        findings.wrong(path, line, text)


def check_image(folder: Path, values: Values, findings: Findings) -> None:
    """Check an image: its manifest, and that its programs are there."""
    path = folder / "image.yaml"
    if not path.is_file():
        findings.wrong(path, 1, f"the image {folder.name} has no manifest; say which uris it stands for")
        return
    manifest = findings.manifest(path, "image", values)
    check_python(folder, findings)
    if manifest is None:
        return
    base = folder / str(manifest.content.get("folder", "."))
    for kind, words in manifest.content.get("programs", {}).items():
        for word in words:
            if _PROGRAM.fullmatch(word) and not word.startswith("/") and not (base / word).is_file():
                findings.mistakes.append(manifest.mistake(f"there is no {base / word}", "programs", kind))
    named = manifest.content.get("requirements")
    if named and not (folder / named).is_file():
        findings.mistakes.append(manifest.mistake(f"there is no {folder / named}", "requirements"))


def _parsed(path: Path, findings: Findings | None) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        if findings:
            findings.wrong(path, error.lineno or 1, f"Python cannot read it: {error.msg}")
    except ValueError as error:
        if findings:
            findings.wrong(path, 1, f"Python cannot read it: {error}")
    return None


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.Import() | ast.ImportFrom():
                names |= {alias.asname or alias.name for alias in node.names}
    return names
