"""Room on the disk: asked for before, named when it ran out."""

import errno
import os
import resource
from pathlib import Path

import pytest

from driver.aws.explain import explain
from driver.cli.exit_codes import exit_code
from driver.deployments.disk_space import check_room_for_deployment, room_for_deployment
from driver.executions.results import fetch
from driver.host.disk_space import (
    FOR_PROVIDER,
    FOR_WORK,
    SPARE,
    check_room,
    check_room_for_runs,
    free_bytes,
    is_full,
    says_full,
)
from driver.host.files import write_atomically
from driver.model.exceptions import NoRoomError
from driver.terraform.environment import terraform_platform
from tests.unit.driver.fakes import FakeStorage, Screen

AWS_PROVIDER = "registry.terraform.io/hashicorp/aws"


def test_too_little_room_is_named_with_both_numbers(tmp_path: Path) -> None:
    with pytest.raises(NoRoomError) as raised:
        check_room(tmp_path, 5_000_000, "A deployment", lambda _: 4_999_999)
    assert "needs 5,000,000 bytes (5 MB), 4,999,999 bytes are free" in raised.value.why
    assert "SAGESTEP_HOME" in raised.value.next_step
    check_room(tmp_path, 5_000_000, "A deployment", lambda _: 5_000_000)


def test_a_folder_that_is_not_there_yet_is_on_the_disk_of_its_parent(tmp_path: Path) -> None:
    # Others write to that disk meanwhile.
    assert free_bytes(tmp_path / "a/b/c") == pytest.approx(free_bytes(tmp_path), abs=1e9)


def test_the_provider_needs_room_until_it_is_there(tmp_path: Path) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    environment = {"TF_PLUGIN_CACHE_DIR": str(cache)}
    assert room_for_deployment(data, environment) == FOR_WORK + FOR_PROVIDER
    assert room_for_deployment(data, {}) == FOR_WORK  # a mirror, or what the user's configuration says
    (cache / AWS_PROVIDER / "5.100.0" / terraform_platform()).mkdir(parents=True)
    assert room_for_deployment(data, environment) == FOR_WORK


def test_nothing_is_written_to_find_that_out(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with pytest.raises(NoRoomError):
        check_room_for_deployment(home, home / "local/terraform-data", None, lambda _: FOR_WORK - 1)
    assert not home.exists()


@pytest.mark.parametrize(("is_local", "times"), [(True, 25), (False, 10)])
def test_a_run_needs_room_for_its_result(tmp_path: Path, is_local: bool, times: int) -> None:
    file = tmp_path / "places.csv"
    file.write_bytes(b"x" * 1000)
    enough = 2 * 1000 * times + SPARE
    check_room_for_runs(tmp_path, [file, file], is_local=is_local, free=lambda _: enough)
    with pytest.raises(NoRoomError):
        check_room_for_runs(tmp_path, [file, file], is_local=is_local, free=lambda _: enough - 1)


def test_a_result_too_large_for_the_disk_is_not_begun(tmp_path: Path) -> None:
    storage = FakeStorage({"bucket/a.csv": "x" * 100})
    [stored] = storage.find("bucket", "a.csv")
    path = tmp_path / "runs/a.csv"
    with pytest.raises(NoRoomError, match=r"s3://bucket/a\.csv"):
        fetch(storage, "bucket", stored, path, Screen().console, free=lambda _: SPARE + 99)
    assert not path.parent.exists()
    fetch(storage, "bucket", stored, path, Screen().console, free=lambda _: SPARE + 100)
    assert path.read_text() == "x" * 100


def test_a_disk_that_became_full_is_named(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the system refuses to write in the same way."""
    path = tmp_path / "record.json"
    path.write_text("as before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="large") as raised:
            write_atomically(path, b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "as before"
    assert list(tmp_path.iterdir()) == [path]
    error = explain(raised.value)
    assert isinstance(error, NoRoomError)
    assert exit_code(error) == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_each_way_in_which_a_disk_says_it_is_known(number: int) -> None:
    error = OSError(number, os.strerror(number), "/some/file")
    assert is_full(error)
    assert says_full(f"write /some/file: {os.strerror(number)}")
    assert "/some/file" in explain(error).why
