from pathlib import Path

import pytest

from driver.model.choices import IamMode, TargetName
from driver.model.exceptions import WrongUseError
from driver.settings.settings import Settings

VARIABLES = 'variable "log_level" {}\nvariable "region" {}\nvariable "tags" {\n  type = map(string)\n}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform/variables.tf").write_text(VARIABLES)
    return tmp_path


def resolve(project: Path, text: str, environ: dict[str, str] | None = None, **flags: str | None) -> Settings:
    (project / "sagestep.toml").write_text(text)
    return Settings.resolve(project, flags, environ or {})


def test_the_file_comes_before_the_default_and_after_everything_else(project: Path) -> None:
    text = 'target = "aws"\nport = 1\nrows = 7\ntimeout = "60"'
    settings = resolve(project, text, {"SAGESTEP_PORT": "2"}, rows="9")
    assert (settings.target, settings.port, settings.rows, settings.timeout) == (TargetName.AWS, 2, 9, 60)
    sources = {name: settings.given[name].source for name in ("target", "port", "rows", "region")}
    assert sources == {
        "target": "sagestep.toml",
        "port": "SAGESTEP_PORT",
        "rows": "--rows",
        "region": "default",
    }


def test_switches_and_lists_are_toml_of_their_kind_or_texts(project: Path) -> None:
    settings = resolve(project, 'open = true\nallow_origin = ["http://a.example", "http://b.example"]')
    assert settings.is_open is True
    assert settings.allowed_origins == ("http://a.example", "http://b.example")
    settings = resolve(project, 'open = "no"\nallow_origin = []')
    assert (settings.is_open, settings.allowed_origins) == (False, ())


def test_the_mode_of_iam_and_the_deployer_s_policy(project: Path) -> None:
    settings = resolve(project, 'iam = "audit"\ndeployer_policy = "deployer.json"')
    assert settings.iam is IamMode.AUDIT
    assert settings.deployer_policy == project / "deployer.json"
    assert (resolve(project, "").iam, resolve(project, "").deployer_policy) == (None, None)


@pytest.mark.parametrize(
    ("text", "must_be"),
    [
        ('iam = "on"', "enforce, audit, off"),
        ("open = [true]", "true or false"),
        ("open = 2", "true or false"),
        ("allow_origin = [1]", "array of texts"),
        ("rows = true", "whole number"),
        ("rows = [1]", "whole number"),
    ],
)
def test_another_kind_is_refused_with_what_it_must_be(project: Path, text: str, must_be: str) -> None:
    with pytest.raises(WrongUseError, match=must_be):
        resolve(project, text)


def test_an_environment_has_its_own_folder_and_names(project: Path) -> None:
    settings = resolve(project, "", env="staging")
    assert settings.target_directory == project / ".sagestep/environments/staging/local"
    assert settings.name_prefix == "sagestep-staging"
    assert resolve(project, "").name_prefix == "sagestep"


def test_an_environments_table_comes_before_the_general_settings(project: Path) -> None:
    text = (
        'rows = 1\nregion = "eu-west-1"\n[env.staging]\nrows = 2\nname_prefix = "ours"\n[env.live]\nrows = 3'
    )
    settings = resolve(project, text, {"SAGESTEP_ENV": "staging"})
    assert (settings.rows, settings.region, settings.name_prefix) == (2, "eu-west-1", "ours")
    assert resolve(project, text).rows == 1


def test_the_file_may_name_the_environment_that_is_meant(project: Path) -> None:
    assert resolve(project, 'env = "staging"').environment == "staging"


def test_folders_in_the_file_are_meant_from_where_it_lies(project: Path) -> None:
    settings = resolve(project, 'home = "state"\nprovider_mirror = "/mirror"')
    assert (settings.home, settings.provider_mirror) == (project / "state", Path("/mirror"))


def test_terraforms_variables_are_passed_on_the_environments_before_the_general_ones(project: Path) -> None:
    text = '[terraform]\nlog_level = "DEBUG"\ntags = {team = "a"}\n[env.live.terraform]\nlog_level = "ERROR"'
    assert resolve(project, text).terraform == {"log_level": "DEBUG", "tags": {"team": "a"}}
    assert resolve(project, text, env="live").terraform["log_level"] == "ERROR"


def test_what_is_deployed_can_be_chosen(project: Path) -> None:
    assert resolve(project, "").variables() == {"name_prefix": "sagestep"}
    text = 'pipelines = ["geocoding"]\nworkflows = []\ndefault_pipeline = "geocoding"'
    assert resolve(project, text).variables() == {
        "name_prefix": "sagestep",
        "pipelines": ["geocoding"],
        "workflows": [],
        "default_pipeline": "geocoding",
    }
    with pytest.raises(WrongUseError, match=r"pipelines in sagestep\.toml is '\.\./x'"):
        resolve(project, 'pipelines = ["../x"]')


@pytest.mark.parametrize("text", ['geocoder = "processing"', ""])
def test_whoever_names_a_geocoder_is_told_what_to_write(project: Path, text: str) -> None:
    with pytest.raises(WrongUseError) as raised:
        resolve(project, text) if text else resolve(project, "", geocoder="processing")
    assert "--pipeline geocoding" in str(raised.value)
    assert 'pipelines = ["geocoding"]' in str(raised.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("target =", "sagestep.toml"),
        ('target = "azure"', "target in sagestep.toml"),
        ("port = 70000", "port in sagestep.toml"),
        ("port = true", "port is True"),
        ("rows = [1]", "rows is"),
        ('colour = "red"', "colour is no setting"),
        ("[env.staging]\ncolour = 1", "env.staging.colour is no setting"),
        ('[env.staging]\nenv = "other"', "env.staging.env is no setting"),
        ("[env.Staging]\nrows = 1", "env.Staging"),
        ("[env]\nstaging = 1", "env.staging is 1"),
        ("terraform = 1", "terraform is 1"),
        ("[terraform]\nlog_levle = 1", "terraform.log_levle cannot be set"),
        ('[terraform]\nregion = "us-west-2"', "The driver sets it itself"),
    ],
)
def test_what_nobody_would_understand_is_named(project: Path, text: str, named: str) -> None:
    with pytest.raises(WrongUseError) as raised:
        resolve(project, text)
    assert named in str(raised.value)


def test_a_file_that_is_named_has_to_be_there(project: Path) -> None:
    with pytest.raises(WrongUseError, match="SAGESTEP_CONFIG"):
        Settings.resolve(project, {}, {"SAGESTEP_CONFIG": str(project / "other.toml")})
    (project / "other.toml").write_text("rows = 3")
    assert Settings.resolve(project, {}, {"SAGESTEP_CONFIG": str(project / "other.toml")}).rows == 3


def test_variables_of_the_projects_own_configuration_can_be_set_too(project: Path) -> None:
    (project / "terraform").mkdir(exist_ok=True)
    (project / "terraform/table.tf").write_text('variable "table_class" {\n  type = string\n}\n')
    text = '[terraform]\ntable_class = "STANDARD"\nlog_level = "DEBUG"'
    assert resolve(project, text).terraform == {"table_class": "STANDARD", "log_level": "DEBUG"}
    with pytest.raises(WrongUseError, match="table_clas cannot be set"):
        resolve(project, '[terraform]\ntable_clas = "STANDARD"')
