"""The registry file: which local program stands for which image.

TOML, read anew for every container, so that it may be edited while the local cloud runs::

    [[image]]
    uri = "*/my-scikit*"              # a pattern (fnmatch) over the whole image URI; the first match wins
    folder = "scikit"                 # working directory, relative to this file
    python = "../.venv/bin/python"    # optional: what `python` and `python3` mean
    train = ["python", "train.py"]    # what the image's `train` does
    serve = ["python", "serve.py"]    # what the image's `serve` does
    environment = { OMP_NUM_THREADS = "1" }   # optional: as ENV in a Dockerfile
    docker = true                     # optional: where a Docker engine has the image, that runs instead
    prepare = { command = ["make", "x"], ready = "../x", environment = { PATH = "/bin" } }   # optional

A Processing job brings its own entry point, or else ``entrypoint = […]`` is run with its arguments. Where the
file ``ready`` does not exist, the command of ``prepare`` is run first; it makes the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from localcloud.containers.container import ContainerError
from localcloud.containers.preparation import Preparation

_COMMANDS = ("train", "serve", "entrypoint")
_KEYS = frozenset({"uri", "folder", "python", "environment", "prepare", "docker", *_COMMANDS})
_PREPARE_KEYS = {"command", "ready", "environment"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A program that stands for images.

    - `python`: the interpreter that ``python`` means; None for the first one on the path.
    - `commands`: the command behind ``train``, ``serve`` and ``entrypoint``, as far as it has them.
    - `environment`: what is set unless a job sets it.
    - `prefers_docker`: whether the real image runs in its place, where an engine has it.
    - `preparation`: what must be done before its first use; None for nothing.
    """

    uri: str
    folder: Path
    python: str | None
    commands: Mapping[str, tuple[str, ...]]
    environment: Mapping[str, str]
    preparation: Preparation | None = None
    prefers_docker: bool = False


def find_entry(file: Path, image_uri: str) -> Entry | None:
    """Find the entry of an image; None where no pattern fits.

    Raises `ContainerError` if the file is missing or is not a registry.
    """
    return next((entry for entry in _read(file) if fnmatchcase(image_uri, entry.uri)), None)


def _read(file: Path) -> list[Entry]:
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ContainerError(f"The image registry {file} cannot be read: {error.strerror}") from error
    except ValueError as error:  # broken TOML, or not UTF-8
        raise ContainerError(f"The image registry {file} is not TOML: {error}") from error
    tables = document.get("image", [])
    if set(document) - {"image"} or not isinstance(tables, list):
        raise ContainerError(f"The image registry {file} must hold [[image]] tables and nothing else.")
    return [_entry(file, number, table) for number, table in enumerate(tables, start=1)]


def _entry(file: Path, number: int, table: object) -> Entry:
    where = f"[[image]] number {number} of the image registry {file}"
    if not isinstance(table, dict):
        raise ContainerError(f"{where} is not a table.")
    if unknown := sorted(set(table) - _KEYS):
        raise ContainerError(f"{where} has unknown keys: {', '.join(unknown)}.")
    python = _text(where, table, "python")
    if python is not None and "/" in python:
        python = str(file.parent / python)  # Not resolved: a link tells Python which environment it is in.
    environment = _variables(where, table)
    uri, folder = _text(where, table, "uri"), _text(where, table, "folder")
    if uri is None or folder is None:
        raise ContainerError(f"{where} must name uri and folder.")
    commands = {name: _command(where, name, table[name]) for name in _COMMANDS if name in table}
    preparation = _preparation(file, where, table["prepare"]) if "prepare" in table else None
    prefers_docker = table.get("docker", False)
    if not isinstance(prefers_docker, bool):
        raise ContainerError(f"{where}: docker must be true or false.")
    return Entry(uri, file.parent / folder, python, commands, environment, preparation, prefers_docker)


def _preparation(file: Path, where: str, table: object) -> Preparation:
    where = f"{where}: prepare"
    if not isinstance(table, dict) or not {"command", "ready"} <= set(table) <= _PREPARE_KEYS:
        raise ContainerError(f"{where} must be a table of command, ready and, if needed, environment.")
    command, ready = _command(where, "command", table["command"]), _text(where, table, "ready")
    return Preparation(command, file.parent / str(ready), _variables(where, table))


def _variables(where: str, table: Mapping[str, object]) -> Mapping[str, str]:
    environment = table.get("environment", {})
    if not isinstance(environment, dict) or not all(isinstance(item, str) for item in environment.values()):
        raise ContainerError(f"{where}: environment must be a table of strings.")
    return environment


def _text(where: str, table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise ContainerError(f"{where}: {key} must be a string.")
    return value


def _command(where: str, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ContainerError(f'{where}: {name} must be a list of strings, such as ["python", "{name}.py"].')
    return tuple(value)
