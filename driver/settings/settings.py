"""The settings of one command: flag before environment variable before `sagestep.toml` before default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driver.model.choices import IamMode, TargetName
from driver.settings.backend import STATE_NAME, Backend, read_backend
from driver.settings.file import ConfigFile, Table, read_config_file
from driver.settings.options import DEFAULT_REGION, ENVIRONMENT, OPTIONS, Option
from driver.settings.project import Project

CONFIG_VARIABLE = "SAGESTEP_CONFIG"
DEFAULT_NAME_PREFIX = "sagestep"
DEFAULT_PORT = 4566


@dataclass(frozen=True, slots=True)
class Given:
    """A setting's value, and where it comes from: `--port`, `SAGESTEP_PORT`, `sagestep.toml`, `default`."""

    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command works on.

    `port`, `region`, `is_open`, `allowed_origins`, `iam` and `deployer_policy` are None unless the user asked
    for one: what is deployed already, or runs, then decides. `given` has every setting with its source;
    `terraform` holds further variables of Terraform, `backend` says where in S3 its state is to lie.
    """

    project: Project
    home: Path
    target: TargetName = TargetName.LOCAL
    environment: str = ""
    port: int | None = None
    region: str | None = None
    pipelines: tuple[str, ...] | None = None
    default_pipeline: str | None = None
    workflows: tuple[str, ...] | None = None
    is_open: bool | None = None
    allowed_origins: tuple[str, ...] | None = None
    iam: IamMode | None = None
    deployer_policy: Path | None = None
    name_prefix: str = DEFAULT_NAME_PREFIX
    timeout: int = 1800
    rows: int = 5
    parallel: int = 4
    cloud_python: Path | None = None
    provider_mirror: Path | None = None
    terraform: Mapping[str, object] = field(default_factory=dict)
    backend: Backend | None = None
    config_path: Path | None = None
    given: Mapping[str, Given] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def resolve(cls, folder: Path, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
        """Settle every setting.

        - `folder`: the project's.
        - `flags`: settings as typed on the command line; None or absent if they were not.
        - `environ`: the environment: SAGESTEP_CONFIG names the configuration file, the other variables are
          those of `driver.settings.options`. An empty value counts as absent.

        Raises `WrongUseError` if a value cannot be used; it names the flag, the variable or the file.
        """
        named = environ.get(CONFIG_VARIABLE)
        path = Path(named).expanduser().absolute() if named else folder / "sagestep.toml"
        project = Project(folder)
        file = read_config_file(path, project, is_named=bool(named))
        environment = _give(ENVIRONMENT, flags, environ, file, Table())
        table = file.environments.get(str(environment.value), Table())
        given = {option.name: _give(option, flags, environ, file, table) for option in OPTIONS}
        values = {name: found.value for name, found in given.items()}
        suffix = f"-{environment.value}" if environment.value else ""
        return cls(
            project=project,
            home=_path(given["home"], path) or folder / ".sagestep",
            target=TargetName(str(values["target"])),
            environment=str(environment.value),
            port=_number(values["port"]),
            region=_text(values["region"]),
            pipelines=_texts(values["pipelines"]),
            default_pipeline=_text(values["default_pipeline"]),
            workflows=_texts(values["workflows"]),
            is_open=_switch(values["open"]),
            allowed_origins=_texts(values["allow_origin"]),
            iam=None if values["iam"] is None else IamMode(str(values["iam"])),
            deployer_policy=_path(given["deployer_policy"], path),
            name_prefix=_text(values["name_prefix"]) or f"{DEFAULT_NAME_PREFIX}{suffix}",
            timeout=_number(values["timeout"]) or 0,
            rows=_number(values["rows"]) or 0,
            parallel=_number(values["parallel"]) or 0,
            cloud_python=_path(given["cloud_python"], path),
            provider_mirror=_path(given["provider_mirror"], path),
            terraform={**file.general.terraform, **table.terraform},
            backend=_backend(file, table, str(environment.value), values),
            config_path=path if path.is_file() else None,
            given=given,
        )

    @property
    def state_backend(self) -> Backend | None:
        """Where in S3 the state is to lie; None for this machine.

        A state of the local cloud in AWS would outlive what it describes: local targets keep theirs here,
        unless the table names an S3 of its own.
        """
        is_meant = self.target is TargetName.AWS or (self.backend is not None and self.backend.endpoint)
        return self.backend if is_meant else None

    @property
    def target_directory(self) -> Path:
        """Where the target's state, logs and downloads lie."""
        within = Path("environments") / self.environment if self.environment else Path()
        return self.home / within / self.target

    @property
    def package_directory(self) -> Path:
        """Where the packed functions lie."""
        return self.home / "packages"

    def variables(self) -> dict[str, object]:
        """Return what Terraform is told besides region, endpoint and folders."""
        chosen = {
            "pipelines": self.pipelines,
            "default_pipeline": self.default_pipeline,
            "workflows": self.workflows,
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        lists = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
        return {**self.terraform, "name_prefix": self.name_prefix, **lists}


def _backend(
    file: ConfigFile, table: Table, environment: str, values: Mapping[str, object]
) -> Backend | None:
    """Return where the state is to lie; each environment has a state of its own."""
    if file.general.backend is None and table.backend is None:
        return None
    prefix = _text(values["name_prefix"]) or DEFAULT_NAME_PREFIX
    key = "/".join(part for part in (prefix, environment, str(values["target"]), STATE_NAME) if part)
    region = _text(values["region"]) or DEFAULT_REGION
    # A key that is written for all would be that of every environment, whose states must not be one.
    general = {
        name: value
        for name, value in (file.general.backend or {}).items()
        if not (environment and name == "key")
    }
    return read_backend(
        {**general, **(table.backend or {})},
        "backend",
        file.path,
        default_key=key,
        default_region=region,
    )


def _give(
    option: Option,
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    file: ConfigFile,
    table: Table,
) -> Given:
    """Find where a setting is given, and read it there."""
    flag = flags.get(option.name)
    if flag is not None:
        source = f"--{option.name.replace('_', '-')}"
        return Given(option.read(flag, source), source)
    if environ.get(option.variable):
        return Given(option.read(environ[option.variable], option.variable), option.variable)
    for values in (table.values, file.general.values):
        if option.name in values:
            source = f"{option.name} in {file.path.name}"
            return Given(option.read(values[option.name], source), file.path.name)
    return Given(option.default, "default")


def _path(given: Given, config_path: Path) -> Path | None:
    """Return a folder; what the configuration file names is meant from there."""
    if given.value is None:
        return None
    path = Path(str(given.value)).expanduser()
    return config_path.parent / path if given.source == config_path.name else path.absolute()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: object) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, tuple) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
