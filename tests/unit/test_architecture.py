"""The house's walls: who may import whom.

Every import counts: at the top of a file, within a function, under TYPE_CHECKING.
"""

import ast
from collections.abc import Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_OF_IMAGES = ROOT / "driver" / "images" / "aws" / "programs"  # programs of containers, not of the driver
STRANGERS = {"driver", "lambda_src", "localcloud"}

_GROUND = ("manifests", "settings", "host", "model")
_SERVICES = ("terraform", "aws", "images", *_GROUND)
_WORK = ("executions", "deployments", "projects", "tables", *_SERVICES)
_KINDS = ("pipelines", "jobs", "tuning", "hosting", "registry", "records")
_BASE = ("wire", "files", "events", "clock", "workers")
_HOST = ("__init__", "validation", "json_types", "watch", "ports", "errors")
# What each room may import besides itself: a folder, or a file at the top of the package.
ROOMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "driver": {
        "__init__": ("api", "commands", "model"),
        "api": ("commands", "inspection", *_WORK),
        "testing": ("api", "commands", *_WORK),
        "cli": ("commands", "inspection", *_WORK),
        "commands": ("inspection", *_WORK),
        "inspection": _WORK,
        "executions": ("deployments", "tables", *_SERVICES),
        "deployments": _SERVICES,
        "projects": ("images", "tables", *_GROUND),
        "terraform": _GROUND,
        "aws": _GROUND,
        "images": ("manifests", "settings", "host", "model"),
        "manifests": ("host", "model"),
        "tables": ("host", "model"),
        "settings": ("model",),
        "host": ("model",),
        "model": (),
    },
    "localcloud/sagemaker": {
        "__init__": (),
        "api": ("revival", "operations", "store", *_KINDS, *_BASE),
        "revival": ("operations", "store", *_KINDS, *_BASE),
        "operations": ("store", *_KINDS, *_BASE),
        "store": (*_KINDS, *_BASE),
        "pipelines": _BASE,
        "jobs": _BASE,
        "tuning": ("jobs", *_BASE),
        "hosting": _BASE,
        "registry": _BASE,
        "records": _BASE,
        "wire": (),
        "files": (),
        "events": (),
        "clock": (),
        "workers": (),
    },
    "localcloud": {
        "__init__": (),
        "localstack": (
            "sagemaker",
            "geospatial",
            "metrics",
            "schedules",
            "states_language",
            "containers",
            "refusals",
            "retention",
            "iam",
            *_HOST,
        ),
        "iam": ("errors",),
        "sagemaker": ("containers", "retention", *_HOST),
        "geospatial": _HOST,
        "metrics": _HOST,
        "schedules": _HOST,
        "states_language": (),
        "containers": _HOST,
        "refusals": _HOST,
        "retention": (),
        "validation": ("errors", "json_types", "patterns"),
        "patterns": (),
        "json_types": (),
        "watch": (),
        "ports": (),
        "errors": (),
    },
}


@cache
def _sources(folder: str) -> list[Path]:
    files = sorted((ROOT / folder).rglob("*.py"))
    return [path for path in files if ".venv" not in path.parts and _OF_IMAGES not in path.parents]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Name every module that a file imports, relative ones in full."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            names = [f"{module}.{alias.name}" for alias in node.names]
            found += [name if _is_module(name) else module for name in names]
    return tuple(found)


def _importers(folder: str, module: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for path in _sources(folder)
        for name in _imports(path)
        if name == module or name.startswith(f"{module}.")
    }


def _graph(folder: str) -> dict[str, set[str]]:
    """List what each file of a folder imports of the same folder, by paths from there."""
    files = {path.relative_to(ROOT / folder).as_posix() for path in _sources(folder)}
    graph: dict[str, set[str]] = {}
    for file in files:
        places = {
            name.replace(".", "/").removeprefix(folder).removeprefix("/")
            for name in _imports(ROOT / folder / file)
            if f"{name}.".startswith(f"{folder.replace('/', '.')}.")
        }
        found = {name for place in places for name in (f"{place}.py", f"{place}/__init__.py".lstrip("/"))}
        graph[file] = found & files - {file}
    return graph


def _room(file: str) -> str:
    return file.partition("/")[0].removesuffix(".py")


@pytest.mark.parametrize("folder", sorted(STRANGERS))
def test_driver_functions_and_local_cloud_never_import_each_other(folder: str) -> None:
    assert _sources(folder)
    for stranger in STRANGERS - {folder}:
        assert _importers(folder, stranger) == set()


@pytest.mark.parametrize("folder", ROOMS)
def test_every_room_imports_only_the_rooms_below_it(folder: str) -> None:
    graph, rooms = _graph(folder), ROOMS[folder]
    assert {_room(file) for file in graph} == set(rooms)
    upward = {
        f"{file} imports {other}"
        for file, imported in graph.items()
        for other in imported
        if _room(other) != _room(file) and _room(other) not in rooms[_room(file)]
    }
    assert upward == set()
    list(TopologicalSorter(rooms).static_order())  # else the table itself would let an import run back up


@pytest.mark.parametrize("folder", ROOMS)
def test_no_files_import_each_other_in_a_circle(folder: str) -> None:
    graph = _graph(folder)
    assert any(graph.values())
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        pytest.fail(" imports ".join(circle.args[1]))


def test_the_walk_sees_every_kind_of_import() -> None:
    driver = _graph("driver")
    assert "api/project.py" in driver["__init__.py"]  # under TYPE_CHECKING
    assert "commands/graph.py" in driver["cli/tasks.py"]  # within a method
    assert "aws/hosting.py" in driver["aws/connection.py"]
    assert "commands/scenario/wording.py" in driver["commands/scenario/command.py"]  # a module of a package
    assert "__init__.py" not in set().union(*driver.values())


def test_only_one_room_of_the_local_cloud_knows_localstack() -> None:
    outside = {path for path in _importers("localcloud", "localstack") if "/localstack/" not in path}
    assert outside == set()


def test_terraform_has_one_adapter_and_sessions_one_maker() -> None:
    assert _importers("driver", "python_terraform") == {"driver/terraform/infrastructure.py"}
    assert _importers("driver", "boto3") | _importers("driver", "localstack_client") == {
        "driver/aws/clients.py"
    }


@pytest.mark.parametrize(
    "file", ["tasks.py", *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("driver/cli/*tasks.py"))]
)
def test_tasks_reach_nothing_but_commands(file: str) -> None:
    imported = {name for name in _imports(ROOT / file) if name.startswith("driver")}
    others = {name for name in imported if not name.startswith(("driver.cli.", "driver.commands."))}
    assert others <= {"driver.deployments.groups", "driver.settings.options"}
    assert "boto3" not in set(_imports(ROOT / file))


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
