from dataclasses import replace
from functools import cached_property

import pytest

from driver.commands.pause import Pause
from driver.deployments.local_cloud import LocalCloud
from driver.model.choices import TargetName
from driver.model.exceptions import LocalCloudError, WrongUseError
from tests.unit.driver.fake_context import FakeContext
from tests.unit.driver.fakes import World


class FakeCloud(LocalCloud):
    """A local cloud that runs, and saves what it holds or cannot."""

    def __init__(self, unsaved: str = "", lost: str = "") -> None:
        self.is_running = True
        self._unsaved = unsaved
        self._lost = lost

    def find_process(self) -> int | None:
        return 7 if self.is_running else None

    def why_not_saved(self) -> str:
        return self._unsaved

    def pause(self) -> str:
        self.is_running = False
        return self._lost

    @property
    def is_paused(self) -> bool:
        return not self.is_running

    def saved_bytes(self) -> int:
        return 2_000_000


class WithCloud(FakeContext):
    """The context of a command beside a local cloud."""

    @cached_property
    def local_cloud(self) -> LocalCloud:
        return FakeCloud(self.environ.get("unsaved", ""), self.environ.get("lost", ""))


def context(world: World, **environ: str) -> WithCloud:
    return WithCloud(world.settings, world.screen.console, environ, world=world)


def test_the_local_cloud_stops_and_its_size_is_told(world: World) -> None:
    Pause(context(world))()
    assert "all that it holds is saved: 2 MB" in world.screen.text


def test_a_local_cloud_that_cannot_save_what_it_holds_is_not_stopped(world: World) -> None:
    unable = context(world, unsaved="The local cloud cannot save all that it holds: the disk is full.")
    with pytest.raises(LocalCloudError, match="not stopped"):
        Pause(unable)()
    assert unable.local_cloud.find_process() == 7


def test_a_last_save_that_failed_is_told(world: World) -> None:
    with pytest.raises(LocalCloudError, match="changed since 12:00:00") as caught:
        Pause(context(world, lost="It could not save what has changed since 12:00:00."))()
    assert "make room" in caught.value.next_step


def test_only_the_local_cloud_is_paused(world: World) -> None:
    world.settings = replace(world.settings, target=TargetName.AWS)
    with pytest.raises(WrongUseError):
        Pause(context(world))()
