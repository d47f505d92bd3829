"""The configuration file `sagestep.toml`: read, and checked for what nobody would understand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driver.model.exceptions import WrongUseError
from driver.settings.backend import STATE_NAME, read_backend
from driver.settings.options import BY_NAME, DEFAULT_REGION, ENVIRONMENT, Kind
from driver.settings.project import Project
from driver.settings.variables import declared_variables

_ENVIRONMENTS = "env"  # as a table: the settings of each environment; as a text: the one that is meant
_TERRAFORM = "terraform"
_BACKEND = "backend"
# The driver sets these: by options of their own, or because it must know them.
_NOT_FREE = {
    "region",
    "endpoint_url",
    "name_prefix",
    "project_directory",
    "definitions_directory",
    "pipelines",
    "default_pipeline",
    "workflows",
    "lambda_package_directory",
}
_WRITTEN = {
    Kind.TEXT: "a text or a whole number",
    Kind.SWITCH: "true or false",
    Kind.LIST: "a text or an array of texts",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The settings of one table, as texts by name, what it gives Terraform, and where it puts the state."""

    values: Mapping[str, str] = field(default_factory=dict)
    terraform: Mapping[str, object] = field(default_factory=dict)
    backend: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file says."""

    path: Path
    general: Table = Table()
    environments: Mapping[str, Table] = field(default_factory=dict)


def read_config_file(path: Path, project: Project, *, is_named: bool) -> ConfigFile:
    """Read the file.

    - `project`: its configuration of Terraform, and sagestep's, say which variables there are.
    - `is_named`: whether the user named it: then it has to be there.

    Raises `WrongUseError` if it is not there, is no TOML, or has something in it that is no setting.
    """
    if not path.exists():
        if is_named:
            raise WrongUseError(f"There is no file {path}.", "SAGESTEP_CONFIG names it.")
        return ConfigFile(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUseError(f"{path} cannot be read.", f"It is no TOML: {error}.") from error
    except OSError as error:
        raise WrongUseError(
            f"{path} cannot be read.", f"{error.strerror}.", "Make it a file of yours."
        ) from error
    reader = _Reader(path, project)
    environments = document.get(_ENVIRONMENTS)
    if not isinstance(environments, dict):
        return ConfigFile(path, reader.table(document, "", frozenset(BY_NAME)))
    general = {name: value for name, value in document.items() if name != _ENVIRONMENTS}
    within = frozenset(BY_NAME) - {ENVIRONMENT.name}
    named = {
        ENVIRONMENT.read(name, f"[env.{name}] in {path.name}"): reader.table(table, f"env.{name}", within)
        for name, table in environments.items()
    }
    return ConfigFile(
        path, reader.table(general, "", frozenset(BY_NAME)), {str(n): t for n, t in named.items()}
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    project: Project

    def table(self, table: object, where: str, known: frozenset[str]) -> Table:
        """Read one table of settings."""
        if not isinstance(table, dict):
            raise self._wrong(f"{where} is {table!r}.", f"It must be a table: [{where}].")
        terraform = table.get(_TERRAFORM, {})
        values = {name: value for name, value in table.items() if name not in {_TERRAFORM, _BACKEND}}
        place = f"{where}.{_TERRAFORM}".removeprefix(".")
        return Table(
            {name: self._text(name, value, where, known) for name, value in values.items()},
            self._terraform(terraform, place) if terraform != {} else {},
            self._backend(table[_BACKEND], f"{where}.{_BACKEND}".removeprefix("."))
            if _BACKEND in table
            else None,
        )

    def _backend(self, table: object, where: str) -> Mapping[str, object]:
        """Check the table; what it leaves out is known only when all settings are."""
        read_backend(table, where, self.path, default_key=STATE_NAME, default_region=DEFAULT_REGION)
        return dict(table) if isinstance(table, dict) else {}

    def _text(self, name: str, value: object, where: str, known: frozenset[str]) -> str:
        place = f"{where}.{name}".removeprefix(".")
        if name not in known:
            there_are = sorted(setting for setting in known if not BY_NAME[setting].is_retired)
            raise self._wrong(
                f"{place} is no setting.",
                f"The settings are {', '.join(there_are)}; and the tables {_TERRAFORM} and {_BACKEND}.",
            )
        kind = BY_NAME[name].kind
        if kind is Kind.LIST and isinstance(value, list) and all(isinstance(item, str) for item in value):
            return ",".join(value)
        if isinstance(value, bool) and kind is Kind.SWITCH:
            return str(value).lower()
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._wrong(f"{place} is {value!r}.", f"It must be {_WRITTEN[kind]}.")
        return str(value)

    def _terraform(self, table: object, where: str) -> dict[str, object]:
        if not isinstance(table, dict):
            raise self._wrong(f"{where} is {table!r}.", f"It must be a table: [{where}].")
        folders = [folder for folder in (self.project.terraform, self.project.own_terraform) if folder]
        texts = [file.read_text(encoding="utf-8") for folder in folders for file in folder.glob("*.tf")]
        declared = {one.name for text in texts for one in declared_variables(text)} - _NOT_FREE
        for name in table:
            if name not in declared:
                why = "The driver sets it itself." if name in _NOT_FREE else "Terraform has no such variable."
                raise self._wrong(
                    f"{where}.{name} cannot be set.", f"{why} There are {', '.join(sorted(declared))}."
                )
        return dict(table)

    def _wrong(self, what: str, why: str) -> WrongUseError:
        return WrongUseError(f"{self.path.name}: {what}", why, f"Correct {self.path}.")
