"""A state that moves between this machine and S3; Terraform is a small program that keeps S3 in a folder."""

import json
import sys
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.model.exceptions import (
    ConfirmationRequiredError,
    EnvironmentNotReadyError,
    TerraformError,
    WrongUseError,
)
from driver.settings.backend import Backend
from driver.terraform.state_store import StateStore
from tests.unit.driver.commands.test_repair import state
from tests.unit.driver.fakes import Screen

PROGRAM = """
import json, os, sys
from pathlib import Path
words = sys.argv[1:]
where = json.loads(Path("backend.tf.json").read_text())["terraform"]["backend"]
s3 = where.get("s3")
place = Path(os.environ["S3"], s3["bucket"], s3["key"]) if s3 else Path(where["local"]["path"])
record = Path(os.environ["TF_DATA_DIR"], "place")
if s3 and not place.parents[len(Path(s3["key"]).parts) - 1].is_dir():
    sys.exit('Error: Failed to get existing workspaces: S3 bucket "x" does not exist.')
if words[0] == "init":
    if "-migrate-state" in words:
        old = Path(record.read_text())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(old.read_text() + os.environ.get("CHANGE", ""))
    record.parent.mkdir(exist_ok=True)
    record.write_text(str(place))
elif words[:2] == ["state", "pull"]:
    sys.stdout.write(place.read_text() if place.is_file() else "")
elif words[:2] == ["state", "push"]:
    place.write_text(Path(words[2]).read_text())
"""
WANTED = Backend("states", "sagestep/aws/terraform.tfstate", "us-west-2")


class Place:
    """A workspace, an S3 with one bucket, and what is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = Workspace(folder / "aws")
        self.workspace.directory.mkdir()
        self.environment = {"S3": str(folder / "s3"), "AWS_ACCESS_KEY_ID": "key"}
        (folder / "s3/states").mkdir(parents=True)
        program = folder / "terraform"
        program.write_text(f"#!{sys.executable}\n{PROGRAM}")
        program.chmod(0o700)
        self.screen = Screen()

    @property
    def remote(self) -> Path:
        return self.folder / "s3/states" / WANTED.key

    def store(self, wanted: Backend | None = WANTED) -> StateStore:
        return StateStore(self.workspace, wanted, lambda: (self.folder / "terraform", self.environment))

    def settle(self, wanted: Backend | None = WANTED, *, assume_yes: bool = True) -> None:
        self.store(wanted).settle(self.screen.console, assume_yes=assume_yes)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_state_is_moved_there_and_back(place: Place) -> None:
    text = state(3, "a", "b")
    place.workspace.state_path.write_text(text)
    place.settle()
    assert place.remote.read_text() == text
    assert place.workspace.backend() == WANTED
    assert not place.workspace.state_path.exists()
    assert len(place.workspace.resources()) == 2
    assert "2 resources, lies at s3://states/sagestep/aws/terraform.tfstate now" in place.screen.text
    place.settle(None)
    assert place.workspace.state_path.read_text() == text
    assert place.workspace.backend() is None
    assert "what is left at s3://states/" in place.screen.text


def test_it_is_asked_first(place: Place) -> None:
    text = state(3, "a")
    place.workspace.state_path.write_text(text)
    with pytest.raises(ConfirmationRequiredError):
        place.settle(assume_yes=False)
    assert not place.remote.exists()
    assert place.workspace.state_path.read_text() == text
    assert place.workspace.backend() is None


def test_the_state_of_another_deployment_is_not_overwritten(place: Place) -> None:
    place.remote.parent.mkdir(parents=True)
    for theirs in (state(1, "x", lineage="another"), state(9, "a", "b")):
        place.remote.write_text(theirs)
        place.workspace.state_path.write_text(state(3, "a"))
        with pytest.raises(WrongUseError, match="there is one at s3://states") as raised:
            place.settle()
        assert "key" in raised.value.next_step
        assert place.remote.read_text() == theirs
        assert place.workspace.backend() is None


def test_an_earlier_version_of_it_is(place: Place) -> None:
    place.remote.parent.mkdir(parents=True)
    place.remote.write_text(state(2, "a"))
    place.workspace.state_path.write_text(state(3, "a", "b"))
    place.settle()
    assert place.remote.read_text() == state(3, "a", "b")


def test_where_nothing_is_deployed_from_here_the_state_there_is_taken_over(place: Place) -> None:
    place.remote.parent.mkdir(parents=True)
    place.remote.write_text(state(9, "a", "b"))
    place.store().refresh()
    assert len(place.workspace.resources()) == 2
    assert place.remote.read_text() == state(9, "a", "b")


def test_a_state_that_changes_while_it_is_moved_is_not_moved(place: Place) -> None:
    place.workspace.state_path.write_text(state(3, "a"))
    place.environment["CHANGE"] = " "
    place.settle()
    place.settle(None)
    program = place.folder / "terraform"
    changing = "old.read_text().replace('\"a\"', '\"z\"')"
    program.write_text(program.read_text().replace("old.read_text()", changing))
    with pytest.raises(EnvironmentNotReadyError, match="changed while it was moved"):
        place.settle()
    assert place.workspace.backend() is None
    assert json.loads(place.workspace.state_path.read_text())["resources"][0]["name"] == "a"


def test_commands_work_where_the_state_is_until_up_has_moved_it(place: Place) -> None:
    place.workspace.state_path.write_text(state(3, "a"))
    assert place.store().place() is None
    place.settle()
    assert place.store(None).place() == WANTED


def test_another_lock_or_key_of_encryption_is_no_move(place: Place) -> None:
    place.workspace.state_path.write_text(state(3, "a"))
    place.settle()
    other = Backend(WANTED.bucket, WANTED.key, WANTED.region, use_lockfile=False)
    place.settle(other, assume_yes=False)
    assert place.workspace.backend() == other


def test_a_bucket_that_is_not_there_says_what_to_do(place: Place) -> None:
    place.workspace.state_path.write_text(state(3, "a"))
    with pytest.raises(EnvironmentNotReadyError, match="does not exist") as raised:
        place.settle(Backend("missing", "key", "us-west-2"))
    assert "Create the bucket" in raised.value.next_step
    assert place.workspace.backend() is None


def test_what_is_destroyed_with_its_cloud_is_no_more_in_the_state(place: Place) -> None:
    place.workspace.state_path.write_text(state(3, "a"))
    place.settle()
    place.store().clear()
    left = json.loads(place.remote.read_text())
    assert (left["serial"], left["resources"]) == (4, [])
    assert place.workspace.resources() == []


def test_a_failure_is_terraforms(place: Place) -> None:
    (place.folder / "terraform").write_text("#!/bin/sh\necho 'Error: denied' >&2\nexit 1\n")
    with pytest.raises(TerraformError, match="denied"):
        place.store().refresh()
