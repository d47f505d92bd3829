"""The environment Terraform runs in: none of the user's settings that change a command, and a provider.

Terraform fetches the AWS provider from its registry unless the CLI configuration names a mirror. A
configuration that exists is respected; where there is none, a mirror on this machine is looked for and named.
Facts: https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from driver.host.files import write_if_changed
from driver.model.exceptions import EnvironmentNotReadyError

MIRROR_VARIABLE = "SAGESTEP_PROVIDER_MIRROR"

_PROVIDER = "registry.terraform.io/hashicorp/aws"
_OLDEST, _TOO_NEW = (5, 100), (6,)  # `~> 5.100`, as terraform/versions.tf asks
_CONFIG_VARIABLES = ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG")
# Each of these would change what a command of the driver's means.
_MEANING_CHANGED_BY = re.compile(r"TF_(CLI_ARGS.*|WORKSPACE|INPUT|VAR_.*)")


def terraform_environment(
    directory: Path,
    environ: Mapping[str, str],
    mirror: Path | None = None,
    roots: Path = Path("/opt"),
) -> dict[str, str]:
    """Build the whole environment of a Terraform process.

    A CLI configuration (`terraform.tfrc`) and the provider cache may be written into `directory`. A `mirror`
    that the user named wins over any CLI configuration; else the subfolders of `roots` are looked at for one.

    Raises `EnvironmentNotReadyError` if the named mirror does not hold the provider for this platform.
    """
    environment = {name: value for name, value in environ.items() if not _MEANING_CHANGED_BY.fullmatch(name)}
    environment |= {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    if mirror is not None:
        if not holds_provider(mirror):
            raise EnvironmentNotReadyError(
                f"The provider mirror {mirror} cannot be used.",
                f"It holds no {_PROVIDER} of version 5.100 or newer (below 6) for {terraform_platform()}.",
                f"Name another with {MIRROR_VARIABLE}, or unset it.",
            )
        return _with_mirror(environment, directory, mirror)
    if _has_cli_configuration(environment):
        return environment
    for name in _CONFIG_VARIABLES:  # it names a file that is not there, and Terraform would warn each time
        environment.pop(name, None)
    if any(holds_provider(implied) for implied in _implied_mirrors(environment)):
        return environment
    for candidate in sorted(roots.iterdir()) if roots.is_dir() else ():
        if holds_provider(candidate):
            return _with_mirror(environment, directory, candidate)
    return _with_cache(environment, directory)


def without_aws_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Take the user's AWS settings out of an environment, for targets where they mean nothing.

    The provider reads profiles and files even where it is given keys, and fails on one that does not exist.
    """
    environment = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return environment | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def holds_provider(mirror: Path) -> bool:
    """Tell whether a folder is a provider mirror with an AWS provider that fits this project and platform."""
    provider = mirror / _PROVIDER
    unpacked = (path.parent.name for path in provider.glob(f"*/{terraform_platform()}"))
    packed = (
        path.name.removeprefix("terraform-provider-aws_").removesuffix(f"_{terraform_platform()}.zip")
        for path in provider.glob(f"terraform-provider-aws_*_{terraform_platform()}.zip")
    )
    return any(_OLDEST <= _version(name) < _TOO_NEW for name in (*unpacked, *packed))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")) if re.fullmatch(r"\d+(\.\d+)*", text) else ()


def terraform_platform() -> str:
    """Name this machine's system and processor as Terraform does, such as linux_amd64."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def _has_cli_configuration(environ: Mapping[str, str]) -> bool:
    """Whether Terraform would find a CLI configuration: the file named, else those of the home folder."""
    named = [Path(environ[name]) for name in _CONFIG_VARIABLES if environ.get(name)]
    if any(path.is_file() for path in named):
        return True
    home = Path(environ.get("HOME", "/"))
    return (home / ".terraformrc").is_file() or any((home / ".terraform.d").glob("*.tfrc*"))


def _implied_mirrors(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders in which Terraform looks for providers by itself."""
    home = Path(environ.get("HOME", "/"))
    yield home / ".terraform.d/plugins"
    if platform.system() == "Darwin":
        yield home / "Library/Application Support/io.hashicorp.terraform/plugins"
        yield Path("/Library/Application Support/io.hashicorp.terraform/plugins")
        return
    yield Path(environ.get("XDG_DATA_HOME") or home / ".local/share") / "terraform/plugins"
    shared = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield from (Path(folder) / "terraform/plugins" for folder in shared.split(":"))


def _with_mirror(environment: dict[str, str], directory: Path, mirror: Path) -> dict[str, str]:
    """Name the mirror in a CLI configuration of our own.

    `direct` leaves the provider out: Terraform asks every method that may have it, and fails if one does not
    answer, even when another has what it needs.
    """
    path = str(mirror.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    configuration = directory / "terraform.tfrc"
    text = (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{path}"\n    include = ["{_PROVIDER}"]\n  }}\n'
        f'  direct {{\n    exclude = ["{_PROVIDER}"]\n  }}\n'
        "}\n"
    )
    write_if_changed(configuration, text.encode())
    return environment | {"TF_CLI_CONFIG_FILE": str(configuration.absolute())}


def _with_cache(environment: dict[str, str], directory: Path) -> dict[str, str]:
    """Keep the downloaded provider (150 MB) for the other targets and the next deployment."""
    cache = directory / "provider-cache"
    cache.mkdir(parents=True, exist_ok=True)
    return {"TF_PLUGIN_CACHE_DIR": str(cache.absolute())} | environment
