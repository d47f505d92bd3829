from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.model.choices import TargetName
from driver.model.exceptions import WrongUseError
from driver.settings.options import whole_number
from driver.settings.project import Project
from driver.settings.settings import Settings

PROJECT = Path("/project")


def resolve(environ: dict[str, str] | None = None, **flags: str | None) -> Settings:
    return Settings.resolve(PROJECT, flags, environ or {})


def test_the_defaults_are_the_local_target_beside_the_source() -> None:
    assert resolve() == Settings(project=Project(PROJECT), home=PROJECT / ".sagestep")
    assert resolve().target_directory == PROJECT / ".sagestep/local"


def test_the_environment_comes_before_the_default() -> None:
    settings = resolve(
        {
            "SAGESTEP_TARGET": "aws",
            "SAGESTEP_PORT": "4750",
            "SAGESTEP_REGION": "eu-west-1",
            "SAGESTEP_HOME": "/elsewhere",
            "SAGESTEP_PROVIDER_MIRROR": "/mirror",
        }
    )
    assert settings == Settings(
        Project(PROJECT),
        Path("/elsewhere"),
        TargetName.AWS,
        port=4750,
        region="eu-west-1",
        provider_mirror=Path("/mirror"),
    )


def test_a_flag_comes_before_the_environment() -> None:
    environ = {"SAGESTEP_TARGET": "aws", "SAGESTEP_PORT": "1", "SAGESTEP_REGION": "eu-west-1"}
    settings = resolve(environ, target="local", port="2", region="us-east-1")
    assert (settings.target, settings.port, settings.region) == ("local", 2, "us-east-1")


@pytest.mark.parametrize(("text", "is_open"), [("1", True), ("true", True), ("No", False), ("off", False)])
def test_a_switch_may_be_written_as_a_variable(text: str, is_open: bool) -> None:
    assert resolve({"SAGESTEP_OPEN": text}).is_open is is_open
    assert resolve({"SAGESTEP_OPEN": "no"}, open="true").is_open is True


def test_what_nobody_asked_for_is_not_decided() -> None:
    assert (resolve().is_open, resolve().allowed_origins) == (None, None)


def test_origins_have_commas_between_them() -> None:
    origins = "http://localhost:3000, https://[::1]:1,,http://localhost:3000"
    found = resolve({"SAGESTEP_ALLOW_ORIGIN": origins}).allowed_origins
    assert found == ("http://localhost:3000", "https://[::1]:1")


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "localhost", "http://a.example/", "http://A.example", "file:///x", "http://a.example\n"],
)
def test_what_no_browser_sends_is_no_origin(origin: str) -> None:
    with pytest.raises(WrongUseError, match="SAGESTEP_ALLOW_ORIGIN is"):
        resolve({"SAGESTEP_ALLOW_ORIGIN": f"{origin}x" if origin.endswith("\n") else origin})


def test_an_empty_variable_counts_as_absent() -> None:
    environ = dict.fromkeys(["SAGESTEP_TARGET", "SAGESTEP_PORT", "SAGESTEP_HOME"], "")
    assert resolve(environ) == resolve()


@pytest.mark.parametrize(
    ("environ", "flags", "named"),
    [
        ({}, {"target": "azure"}, "--target"),
        ({}, {"target": ""}, "--target"),
        ({"SAGESTEP_TARGET": "azure"}, {}, "SAGESTEP_TARGET"),
        ({}, {"port": "70000"}, "--port"),
        ({}, {"port": ""}, "--port"),
        ({"SAGESTEP_PORT": "http"}, {}, "SAGESTEP_PORT"),
    ],
)
def test_a_bad_value_is_named_by_where_it_comes_from(
    environ: dict[str, str], flags: dict[str, str], named: str
) -> None:
    with pytest.raises(WrongUseError, match=named):
        resolve(environ, **flags)


@given(st.integers(1, 9), st.sampled_from(["{}", " {} ", "0{}"]))
def test_a_number_within_its_bounds_is_read(number: int, form: str) -> None:
    assert whole_number(form.format(number), "--rows", lowest=1, highest=9) == number


@given(st.integers(max_value=0) | st.integers(min_value=10) | st.floats() | st.text("x-+.,_²", max_size=3))
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(WrongUseError, match="--rows"):
        whole_number(str(value), "--rows", lowest=1, highest=9)
