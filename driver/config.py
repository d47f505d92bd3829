"""The settings of one command: flag before environment before default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from driver.exceptions import WrongUseError
from driver.models import TargetName
from driver.terraform_environment import MIRROR_VARIABLE

HOME_VARIABLE = "SAGESTEP_HOME"
DEFAULT_PORT = 4566
DEFAULT_REGION = "us-west-2"  # the only region with SageMaker geospatial
LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command works on.

    `port` and `region` are None unless the user asked for one: what is deployed already then decides.
    """

    project: Path
    home: Path
    target: TargetName = TargetName.LOCAL
    port: int | None = None
    region: str | None = None
    provider_mirror: Path | None = None

    @classmethod
    def resolve(cls, project: Path, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> Settings:
        """Settle every setting.

        Parameters
        ----------
        project
            The repository's root.
        flags
            `target`, `port` and `region` as typed on the command line; None or absent if they were not.
        environ
            The environment: SAGESTEP_TARGET, SAGESTEP_PORT, SAGESTEP_REGION, SAGESTEP_HOME and
            SAGESTEP_PROVIDER_MIRROR. An empty value counts as absent.

        Raises
        ------
        WrongUseError
            If a value cannot be used; it names the flag or variable.
        """
        mirror = environ.get(MIRROR_VARIABLE)
        home = environ.get(HOME_VARIABLE)
        return cls(
            project=project,
            home=Path(home).expanduser().absolute() if home else project / ".sagestep",
            target=_target(*_given("target", flags, environ)),
            port=_port(*_given("port", flags, environ)),
            region=_given("region", flags, environ)[0] or None,
            provider_mirror=Path(mirror).expanduser().absolute() if mirror else None,
        )

    @property
    def target_directory(self) -> Path:
        """Where the target's state, logs and downloads lie."""
        return self.home / self.target

    @property
    def package_directory(self) -> Path:
        """Where the packed functions lie."""
        return self.home / "packages"


def whole_number(text: str, source: str, lowest: int, highest: int | None = None) -> int:
    """Read a number the user typed.

    Parameters
    ----------
    text
        What was typed.
    source
        The flag or variable it comes from.
    lowest, highest
        The bounds, both included.

    Raises
    ------
    WrongUseError
        If it is no whole number within the bounds.
    """
    number = int(text) if text.strip().isascii() and text.strip().isdigit() else None
    if number is None or number < lowest or (highest is not None and number > highest):
        bounds = f"of {lowest} or more" if highest is None else f"from {lowest} to {highest}"
        raise WrongUseError(f"{source} is {text!r}.", f"It must be a whole number {bounds}.")
    return number


def _given(name: str, flags: Mapping[str, str | None], environ: Mapping[str, str]) -> tuple[str, str]:
    """Return what was given for a setting and where it was given."""
    variable = f"SAGESTEP_{name.upper()}"
    flag = flags.get(name)
    return (flag, f"--{name}") if flag is not None else (environ.get(variable, ""), variable)


def _target(text: str, source: str) -> TargetName:
    if not text and not source.startswith("--"):
        return TargetName.LOCAL
    if text not in set(TargetName):
        known = ", ".join(TargetName)
        raise WrongUseError(f"{source} is {text!r}.", f"The targets are {known}.")
    return TargetName(text)


def _port(text: str, source: str) -> int | None:
    if not text and not source.startswith("--"):
        return None
    return whole_number(text, source, lowest=1, highest=LAST_PORT)
