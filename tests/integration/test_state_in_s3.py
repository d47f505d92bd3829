"""A state in the S3 of a real local cloud, with a real Terraform: there and back, locked, restored."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from driver.commands.repair import Repair, Repaired
from driver.deployments.cloud_access import local_environment
from driver.host.console import Console
from driver.model.exceptions import BusyError, EnvironmentNotReadyError, WrongUseError
from driver.model.values import OPEN_KEYS
from driver.settings.backend import Backend
from driver.terraform.binary import find_terraform
from driver.terraform.environment import terraform_environment
from driver.terraform.state_store import StateStore
from tests.integration.wire import REGION, Cloud
from tests.terraform.small_root import SmallRoot

pytestmark = pytest.mark.integration

LOCK = {
    "ID": "6f0b9f0e-2d0e-4f0e-9f0e-2d0e4f0e9f0e",
    "Operation": "OperationTypeApply",
    "Info": "",
    "Who": "anna@laptop",
    "Version": "1.11.4",
    "Created": "2026-11-26T08:00:00Z",
}


@pytest.fixture
def place(cloud: Cloud) -> Backend:
    return Backend(cloud.bucket(), "team/terraform.tfstate", REGION, endpoint=cloud.stack.endpoint)


@pytest.fixture
def make(cloud: Cloud, tmp_path: Path) -> Callable[..., SmallRoot]:
    """Make a machine's folder with what it wants of the state's place."""
    program = find_terraform(tmp_path / "bin")
    environment = terraform_environment(tmp_path, local_environment(os.environ | keys(cloud), OPEN_KEYS))

    def build(wanted: Backend | None, name: str = "mine") -> SmallRoot:
        root = SmallRoot(tmp_path / name, program, environment, tmp_path / name / "terraform")
        root.store = StateStore(root.workspace, wanted, lambda: (program, environment))
        return root

    return build


def keys(cloud: Cloud) -> dict[str, str]:
    """Find the keys of a local cloud that asks for some."""
    path = cloud.folder / "state/credentials.json"
    if not path.is_file():
        return {}
    found = json.loads(path.read_text())
    return {
        "AWS_ACCESS_KEY_ID": found["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": found["secret_access_key"],
    }


def settle(root: SmallRoot) -> None:
    assert root.store
    root.store.settle(Console(), assume_yes=True)


def stored(cloud: Cloud, place: Backend) -> dict[str, object]:
    content = cloud.s3.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
    found: dict[str, object] = json.loads(content)
    return found


def test_a_state_goes_there_and_back(cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]) -> None:
    here = make(None)
    here.apply(2)
    there = make(place)
    settle(there)
    assert not there.workspace.state_path.exists()
    assert len(there.workspace.resources()) == 2
    assert there.apply(3).summary.add == 1
    assert len(stored(cloud, place)["resources"][0]["instances"]) == 3  # type: ignore[index]
    assert len(there.workspace.resources()) == 3
    settle(here)
    assert here.workspace.state_path.is_file()
    assert here.workspace.backend() is None
    assert here.apply(3).summary.total == 0
    assert here.destroy() == 3


def test_no_key_is_in_any_file(cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]) -> None:
    root = make(place)
    settle(root)
    root.apply(1)
    secret = root.environment["AWS_SECRET_ACCESS_KEY"].encode()
    own = [path for path in root.folder.rglob("*") if path.is_file()]
    assert root.workspace.data_directory / "terraform.tfstate" in own
    given = re.compile(rb'"(access_key|secret_key|token)": *"')
    assert [path for path in own if given.search(path.read_bytes())] == []
    assert secret == b"test" or [path for path in own if secret in path.read_bytes()] == []


def test_who_holds_the_lock_is_named_and_nothing_is_done(
    cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]
) -> None:
    root = make(place)
    settle(root)
    root.apply(1)
    lock = f"{place.key}.tflock"
    body = json.dumps(LOCK | {"Path": f"{place.bucket}/{place.key}"})
    cloud.s3.put_object(Bucket=place.bucket, Key=lock, Body=body)
    with pytest.raises(BusyError, match="anna@laptop holds the lock") as raised:
        root.apply(2)
    assert "for apply" in raised.value.why
    assert f"aws s3 rm s3://{place.bucket}/{lock}" in raised.value.next_step
    back = make(None)
    with pytest.raises(BusyError, match="anna@laptop"):
        settle(back)
    assert back.workspace.backend() == place
    cloud.s3.delete_object(Bucket=place.bucket, Key=lock)
    assert root.apply(2).summary.add == 1


def test_another_machine_goes_on_with_it(
    cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]
) -> None:
    mine, hers = make(place, "mine"), make(place, "hers")
    settle(mine)
    mine.apply(2)
    assert hers.store
    hers.store.refresh()
    assert len(hers.workspace.resources()) == 2
    assert hers.apply(3).summary.add == 1
    assert mine.store
    mine.store.refresh()
    assert len(mine.workspace.resources()) == 3


def test_the_state_of_another_deployment_is_not_overwritten(
    cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]
) -> None:
    first = make(place, "first")
    settle(first)
    first.apply(1)
    make(None, "second").apply(2)
    second = make(place, "second")
    with pytest.raises(WrongUseError, match="there is one"):
        settle(second)
    assert len(second.workspace.resources()) == 2


def test_what_terraform_could_not_write_there_is_written_later(
    cloud: Cloud, place: Backend, make: Callable[..., SmallRoot]
) -> None:
    root = make(place)
    settle(root)
    root.apply(2)
    text = root.workspace.state_text()
    newer = json.loads(text)
    newer["serial"] += 1
    errored = root.workspace.copies.errored_path
    errored.write_text(json.dumps(newer))
    assert Repair(root.workspace, Console(), root.state_store, is_disposable=False)() == Repaired()
    assert not errored.exists()
    assert int(str(stored(cloud, place)["serial"])) >= newer["serial"]


def test_a_bucket_that_is_not_there_says_what_to_do(place: Backend, make: Callable[..., SmallRoot]) -> None:
    root = make(Backend("no-such-bucket", place.key, REGION, endpoint=place.endpoint))
    assert root.store
    with pytest.raises(EnvironmentNotReadyError, match="does not exist") as raised:
        root.store.refresh()
    assert "Create the bucket" in raised.value.next_step
