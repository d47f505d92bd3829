from pathlib import Path

import pytest

from driver.model.exceptions import EnvironmentNotReadyError
from driver.terraform.environment import (
    holds_provider,
    terraform_environment,
    terraform_platform,
    without_aws_settings,
)

PROVIDER = "registry.terraform.io/hashicorp/aws"
HERE = terraform_platform()


class Machine:
    """A home folder, an empty /opt, and the folder the driver may write to."""

    def __init__(self, root: Path) -> None:
        self.home, self.opt, self.ours = root / "home", root / "opt", root / ".sagestep"
        for folder in (self.home, self.opt, self.ours):
            folder.mkdir()
        self.environ = {"HOME": str(self.home), "XDG_DATA_DIRS": str(root / "share"), "PATH": "/bin"}

    def environment(self, mirror: Path | None = None) -> dict[str, str]:
        return terraform_environment(self.ours, self.environ, mirror, self.opt)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def make_mirror(folder: Path, version: str = "5.100.0", platform: str = HERE) -> Path:
    (folder / PROVIDER / version / platform).mkdir(parents=True)
    return folder


def test_a_mirror_under_opt_is_named_and_the_registry_left_for_the_rest(machine: Machine) -> None:
    mirror = make_mirror(machine.opt / "tf-plugins")
    configuration = Path(machine.environment()["TF_CLI_CONFIG_FILE"])
    assert configuration.is_relative_to(machine.ours)
    text = configuration.read_text()
    assert f'path    = "{mirror}"' in text
    assert f'direct {{\n    exclude = ["{PROVIDER}"]' in text


def test_where_terraform_looks_by_itself_nothing_is_written(machine: Machine) -> None:
    make_mirror(machine.home / ".terraform.d/plugins")
    make_mirror(machine.opt / "tf-plugins")
    assert "TF_CLI_CONFIG_FILE" not in machine.environment()
    assert list(machine.ours.iterdir()) == []


@pytest.mark.parametrize("name", [".terraformrc", ".terraform.d/site.tfrc"])
def test_a_configuration_that_exists_is_respected(machine: Machine, name: str) -> None:
    make_mirror(machine.opt / "tf-plugins")
    (machine.home / name).parent.mkdir(exist_ok=True)
    (machine.home / name).write_text("disable_checkpoint = true")
    assert "TF_CLI_CONFIG_FILE" not in machine.environment()


def test_a_configuration_that_is_named_and_exists_is_respected(machine: Machine) -> None:
    make_mirror(machine.opt / "tf-plugins")
    named = machine.home / "custom.tfrc"
    named.write_text("")
    machine.environ["TF_CLI_CONFIG_FILE"] = str(named)
    assert machine.environment()["TF_CLI_CONFIG_FILE"] == str(named)


def test_a_configuration_that_is_named_and_missing_counts_as_none(machine: Machine) -> None:
    machine.environ["TF_CLI_CONFIG_FILE"] = str(machine.home / "missing")
    assert "TF_CLI_CONFIG_FILE" not in machine.environment()
    make_mirror(machine.opt / "tf-plugins")
    assert Path(machine.environment()["TF_CLI_CONFIG_FILE"]).is_relative_to(machine.ours)


def test_a_mirror_the_user_names_wins_over_everything(machine: Machine) -> None:
    (machine.home / ".terraformrc").write_text("")
    mirror = make_mirror(machine.home / "mirror")
    assert str(mirror) in Path(machine.environment(mirror)["TF_CLI_CONFIG_FILE"]).read_text()


def test_a_named_mirror_without_the_provider_is_refused(machine: Machine) -> None:
    with pytest.raises(EnvironmentNotReadyError, match=HERE):
        machine.environment(machine.home)


def test_without_a_mirror_downloads_are_kept_for_next_time(machine: Machine) -> None:
    assert Path(machine.environment()["TF_PLUGIN_CACHE_DIR"]).is_dir()
    machine.environ["TF_PLUGIN_CACHE_DIR"] = "/users/own"
    assert machine.environment()["TF_PLUGIN_CACHE_DIR"] == "/users/own"


@pytest.mark.parametrize(
    ("version", "platform", "fits"),
    [
        ("5.100.0", HERE, True),
        ("5.101.2", HERE, True),
        ("5.99.1", HERE, False),
        ("6.0.0", HERE, False),
        ("5.100.0", "plan9_386", False),
        ("not-a-version", HERE, False),
    ],
)
def test_only_a_provider_that_fits_makes_a_mirror(
    tmp_path: Path, version: str, platform: str, fits: bool
) -> None:
    assert holds_provider(make_mirror(tmp_path, version, platform)) is fits


def test_a_mirror_may_hold_the_provider_packed(tmp_path: Path) -> None:
    (tmp_path / PROVIDER).mkdir(parents=True)
    (tmp_path / PROVIDER / f"terraform-provider-aws_5.100.0_{HERE}.zip").touch()
    assert holds_provider(tmp_path)


def test_settings_that_would_change_a_command_are_left_out(machine: Machine) -> None:
    for name in ("TF_WORKSPACE", "TF_CLI_ARGS", "TF_CLI_ARGS_apply", "TF_VAR_region", "TF_INPUT"):
        machine.environ[name] = "x"
    machine.environ["TF_LOG"] = "debug"
    environment = machine.environment()
    assert {name for name in environment if name.startswith("TF_")} == {
        "TF_IN_AUTOMATION",
        "TF_LOG",
        "TF_PLUGIN_CACHE_DIR",
    }
    assert environment["PATH"] == "/bin"


def test_a_local_target_sees_no_aws_settings() -> None:
    environment = without_aws_settings({"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKIA", "HOME": "/h"})
    assert set(environment.values()) == {"/dev/null", "/h"}
