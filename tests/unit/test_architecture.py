"""The house's walls: who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STRANGERS = {"driver", "lambda_src", "localcloud"}


def _sources(folder: str) -> list[Path]:
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if ".venv" not in path.parts]


def _imports(path: Path) -> Iterator[str]:
    """Name every module that a file imports, relative ones in full."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*base, *filter(None, [node.module])))


def _importers(folder: str, module: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in _sources(folder)
        for name in _imports(path)
        if name == module or name.startswith(f"{module}.")
    }


@pytest.mark.parametrize("folder", sorted(STRANGERS))
def test_driver_functions_and_local_cloud_never_import_each_other(folder: str) -> None:
    assert _sources(folder)
    for stranger in STRANGERS - {folder}:
        assert _importers(folder, stranger) == set()


def test_only_one_room_of_the_local_cloud_knows_localstack() -> None:
    outside = {path for path in _importers("localcloud", "localstack") if "/localstack/" not in path}
    assert outside == set()


def test_terraform_has_one_adapter_and_sessions_one_maker() -> None:
    assert _importers("driver", "python_terraform") == {"driver/infrastructure.py"}
    assert _importers("driver", "boto3") | _importers("driver", "localstack_client") == {"driver/clients.py"}


def test_tasks_reach_the_driver_through_its_composition_root() -> None:
    imported = {name for name in _imports(ROOT / "tasks.py") if name.startswith("driver")}
    assert imported <= {"driver", "driver.command_line", "driver.factory", "driver.keeping"}
    assert "boto3" not in set(_imports(ROOT / "tasks.py"))


@pytest.mark.parametrize("core", sorted(ROOT.glob("lambda_src/*/core.py")), ids=lambda path: path.parent.name)
def test_the_core_of_a_function_is_pure(core: Path) -> None:
    assert not {"boto3", "botocore", "os"} & {name.split(".")[0] for name in _imports(core)}


def test_no_file_is_longer_than_a_room_may_be() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for folder in (*sorted(STRANGERS), "tests", "benchmarks")
        for path in _sources(folder)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
