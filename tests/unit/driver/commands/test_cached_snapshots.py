import os
import resource
from pathlib import Path

import pytest

from driver.commands.cached_snapshots import CachedSnapshots
from driver.deployments.snapshot_archive import Snapshot, write_archive
from tests.unit.driver.fake_context import FakeContext
from tests.unit.driver.fakes import World


@pytest.fixture
def cached(world: World, tmp_path: Path) -> CachedSnapshots:
    environ = {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    found = CachedSnapshots(FakeContext(world.settings, world.screen.console, environ, world=world))
    found.folder.mkdir(parents=True)
    vars(found)["path"] = found.folder / "mine.snapshot.zip"
    return found


def test_a_snapshot_that_cannot_be_used_is_deleted_and_said(world: World, cached: CachedSnapshots) -> None:
    assert not cached.start()
    cached.path.write_bytes(b"half")
    assert not cached.start()
    assert not cached.path.exists()
    assert "It is deployed anew." in world.screen.text


def test_a_disk_that_becomes_full_while_it_is_unpacked_is_no_failure(
    world: World, cached: CachedSnapshots, tmp_path: Path
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/terraform.tfstate").write_bytes(b" " * 100_000)
    snapshot = Snapshot("mine", "2026-11-01T00:00:00+00:00", "0.1.0", "us-west-2", {}, "enforce", 7)
    write_archive(cached.path, snapshot, tmp_path / "source")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        assert not cached.start()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "File too large. It is deployed anew." in world.screen.text


def test_only_those_that_were_used_last_stay(cached: CachedSnapshots) -> None:
    for day in range(8):
        path = cached.folder / f"{day}.snapshot.zip"
        path.write_bytes(b"x")
        os.utime(path, (day, day))
    cached.limit()
    assert sorted(path.name[0] for path in cached.folder.iterdir()) == ["3", "4", "5", "6", "7"]
