import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from driver.commands.config import ShowConfiguration
from driver.settings.options import OPTIONS
from driver.settings.settings import Settings
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import LOCAL, Screen, World

ROOT = Path(__file__).resolve().parents[4]
FILE = """
port = 4700
home = "states"
[env.staging]
target = "localstack"
[env.staging.terraform]
log_retention_days = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.toml"
    path.write_text(FILE)
    return path


def settings(file: Path, **flags: str) -> Settings:
    environ = {"SAGESTEP_CONFIG": str(file), "SAGESTEP_ROWS": "7"}
    return Settings.resolve(ROOT, flags, environ)


def document(world: World, resolved: Settings) -> dict[str, object]:
    program = Program()
    world.settings = resolved
    ShowConfiguration(world.context(program.console))()
    return program.document("config")


def sources(world: World, resolved: Settings) -> dict[str, tuple[object, str]]:
    found = document(world, resolved)["settings"]
    assert isinstance(found, list)
    return {item["name"]: (item["value"], item["source"]) for item in found}


def test_each_setting_says_where_it_comes_from(world: World, file: Path) -> None:
    found = sources(world, settings(file, env="staging", region="eu-west-1"))
    assert set(found) == {option.name for option in OPTIONS if not option.is_retired}
    assert found["env"] == ("staging", "--env")
    assert found["region"] == ("eu-west-1", "--region")
    assert found["rows"] == (7, "SAGESTEP_ROWS")
    assert found["target"] == ("localstack", "some.toml")
    assert found["port"] == (4700, "some.toml")
    assert found["timeout"] == (1800, "default")
    assert found["name_prefix"] == ("sagestep-staging", "default")


def test_folders_of_the_file_are_told_as_they_are_meant(world: World, file: Path) -> None:
    assert sources(world, settings(file))["home"] == (str(file.parent / "states"), "some.toml")


def test_what_is_deployed_decides_where_nobody_asks(world: World, file: Path) -> None:
    world.deploy(replace(LOCAL, region="eu-west-1"))
    found = sources(world, settings(file))
    assert found["region"] == ("eu-west-1", "deployment")
    assert "geocoder" not in found


def test_the_document_names_the_file_and_terraforms_variables(world: World, file: Path) -> None:
    found = document(world, settings(file, env="staging"))
    assert found["file"] == str(file)
    assert found["terraform"] == {"log_retention_days": 3}


def test_a_time_in_the_file_is_a_text_in_the_document(world: World, file: Path) -> None:
    resolved = replace(settings(file), terraform={"tags": {"since": datetime.date(2026, 11, 21)}})
    assert document(world, resolved)["terraform"] == {"tags": {"since": "2026-11-21"}}


def test_people_are_shown_a_line_for_each(world: World, file: Path) -> None:
    screen = Screen()
    world.settings = settings(file, env="staging")
    ShowConfiguration(world.context(screen.console))()
    lines = [line.split() for line in screen.text.splitlines()]
    assert ["file:", str(file)] in lines
    assert ["port", "4700", "some.toml"] in lines
    assert ["provider_mirror", "-", "default"] in lines
    assert ["log_retention_days", "=", "3"] in lines


def test_without_a_file_people_are_told_where_it_would_be(world: World) -> None:
    screen = Screen()
    world.settings = Settings.resolve(ROOT, {}, {})
    ShowConfiguration(world.context(screen.console))()
    assert "none" in screen.text.splitlines()[0]
    assert "SAGESTEP_CONFIG" in screen.text


def test_the_example_holds_every_setting_and_is_valid_once_uncommented(tmp_path: Path) -> None:
    lines = (ROOT / "sagestep.example.toml").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines)
    path = tmp_path / "sagestep.toml"
    # `#name = value` is a setting, `# words` are for people.
    path.write_text("\n".join(line[1:] if line[1:2].strip() else "" for line in lines))
    resolved = Settings.resolve(ROOT, {}, {"SAGESTEP_CONFIG": str(path)})
    in_file = {name for name, given in resolved.given.items() if given.source == "sagestep.toml"}
    assert in_file == {option.name for option in OPTIONS if not option.is_retired} - {"env"}
    assert resolved.terraform
    staging = Settings.resolve(ROOT, {"env": "staging"}, {"SAGESTEP_CONFIG": str(path)})
    assert staging.given["pipelines"].source == "sagestep.toml"
