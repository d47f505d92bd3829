import io
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from driver.commands.environment import ShowEnvironment, environment_for
from driver.deployments.cloud_access import localstack_keys, read_cloud_keys
from driver.host.console import Console, Voice
from driver.model.choices import TargetName
from driver.model.exceptions import UnusableCloudError, WrongUseError
from driver.model.values import OPEN_KEYS, Keys
from driver.settings.project import Project
from driver.settings.settings import Settings
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import ROOT, World

KEYS = Keys("LKIAEXAMPLE", "a 'secret' $(touch /tmp/x) \\ `id` \"é\"\n")
ENDPOINT = "http://127.0.0.1:4566"


def show(
    world: World, console: Console, environ: Mapping[str, str], name: TargetName = TargetName.LOCAL
) -> None:
    world.settings, world.keys = Settings(Project(ROOT), ROOT / ".sagestep", target=name), KEYS
    ShowEnvironment(world.context(console, environ))()


def test_a_shell_that_evaluates_it_has_the_variables_to_the_letter(world: World, tmp_path: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err, voice=Voice(gives_values=True))
    console.warn("a warning")
    console.news("progress")
    environ = {"AWS_PROFILE": "me", "AWS_SESSION_TOKEN": "old", "AWS_ENDPOINT_URL_S3": "http://elsewhere"}
    show(world, console, environ)
    lines = out.getvalue()
    assert "warning" not in lines
    assert "progress" not in lines
    assert "warning" in err.getvalue()
    shell = subprocess.run(
        ["/bin/sh", "-c", f"{lines}\nenv -0"], env=environ, capture_output=True, check=True, cwd=tmp_path
    )
    found = dict(entry.split("=", 1) for entry in shell.stdout.decode().split("\0") if "=" in entry)
    assert shell.stderr == b""
    assert found["AWS_SECRET_ACCESS_KEY"] == KEYS.secret_access_key
    assert found["AWS_ACCESS_KEY_ID"] == "LKIAEXAMPLE"
    assert found["AWS_ENDPOINT_URL"] == ENDPOINT
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-west-2"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(found)


def test_the_document_has_the_same(world: World) -> None:
    program = Program()
    show(world, program.console, {"AWS_USE_FIPS_ENDPOINT": "true"})
    document = program.document("env")
    assert document["variables"]["AWS_SECRET_ACCESS_KEY"] == KEYS.secret_access_key
    assert document["endpoint_url"] == ENDPOINT
    assert "AWS_PROFILE" in document["unset"]
    assert "AWS_USE_FIPS_ENDPOINT" in document["unset"]


def test_where_there_is_a_proxy_the_cloud_is_left_out_of_it() -> None:
    environ = {"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "a.example"}
    found = environment_for("us-west-2", ENDPOINT, KEYS, environ)
    assert (found["NO_PROXY"], found["no_proxy"]) == ("a.example,127.0.0.1", "127.0.0.1")
    assert "NO_PROXY" not in environment_for("us-west-2", ENDPOINT, KEYS, {})


def test_of_aws_there_is_nothing_to_tell(world: World) -> None:
    with pytest.raises(WrongUseError, match="invoke env"):
        show(world, world.screen.console, {}, TargetName.AWS)


def test_the_keys_are_those_the_cloud_has_written(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(json.dumps({"access_key_id": "LKIAX", "secret_access_key": "s", "is_open": False}))
    assert read_cloud_keys(path) == Keys("LKIAX", "s")


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"access_key_id": "x"}'])
def test_without_them_it_is_said_how_to_get_new_ones(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "credentials.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UnusableCloudError, match=r"keys of the local cloud are missing.*invoke down"):
        read_cloud_keys(path)


def test_a_key_for_aws_is_not_sent_to_a_localstack() -> None:
    ours = {"AWS_ACCESS_KEY_ID": "LKIAX", "AWS_SECRET_ACCESS_KEY": "s"}
    assert localstack_keys(ours) == Keys("LKIAX", "s")
    assert localstack_keys(ours | {"AWS_ACCESS_KEY_ID": "AKIAX"}) == OPEN_KEYS
    assert localstack_keys(ours | {"AWS_ACCESS_KEY_ID": "ASIAX"}) == OPEN_KEYS
    assert localstack_keys({}) == OPEN_KEYS


def test_keys_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.mkdir()
    with pytest.raises(UnusableCloudError, match="keys of the local cloud are missing") as raised:
        read_cloud_keys(path)
    assert f"{path} cannot be read" in raised.value.why
