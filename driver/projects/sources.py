"""Checks of functions, images and Python files."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from driver.images.image import check_images
from driver.manifests.functions import is_node
from driver.manifests.manifest import Manifest
from driver.projects.findings import Findings
from driver.projects.function_packages import check_requirements
from driver.projects.node_packages import (
    DEFAULT_HANDLER,
    ENDINGS,
    LOCK,
    check_node_packages,
    scripts_not_run,
)
from driver.projects.templates import Values


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
    if manifest and is_node(folder):
        _check_node(folder, manifest, findings)
        return
    check_python(folder, findings)
    findings.mistakes += check_requirements(folder)
    if manifest is None and (folder / "function.yaml").is_file():
        return  # what it says is not known
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


def _check_node(folder: Path, manifest: Manifest, findings: Findings) -> None:
    """Check a function in Node.js: its packages, and that the file of its handler is there."""
    findings.mistakes += check_node_packages(folder)
    for name in scripts_not_run(folder):
        text = (
            f"{name} has a script that builds it where it is installed, which is not run: it may lack files"
        )
        findings.warn(folder / LOCK, 1, text)
    module = str(manifest.content.get("handler", DEFAULT_HANDLER)).rpartition(".")[0]
    if not any((folder / f"{module}.{ending}").is_file() for ending in ENDINGS):
        path = folder / f"{module}.{ENDINGS[0]}"
        endings = ", ".join(f".{ending}" for ending in ENDINGS)
        _say_no_handler(path, 1, f"there is no such file, which may end in {endings}", manifest, findings)


def _say_no_handler(path: Path, line: int, text: str, manifest: Manifest | None, findings: Findings) -> None:
    if manifest and "handler" in manifest.content:
        findings.mistakes.append(manifest.mistake(f"{path.name}: {text}", "handler"))
    else:
        findings.wrong(path, line, text)


def check_images_of(folders: Mapping[str, Path], findings: Findings) -> None:
    """Check the images of a project: their manifests, and that their programs are there."""
    for name, folder in folders.items():
        if not (folder / "image.yaml").is_file():
            text = f"the image {name} has no manifest; it says which uris the image stands for"
            findings.wrong(folder / "image.yaml", 1, text)
        check_python(folder, findings)
    for parent in {folder.parent for folder in folders.values()}:
        findings.mistakes += check_images(parent)


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
