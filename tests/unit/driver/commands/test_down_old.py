"""Paused local clouds of every environment are deleted by their age; others never."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from driver.commands.context import Context
from driver.commands.down_old import DownOld
from driver.deployments.workspace import Workspace
from driver.model.choices import TargetName
from driver.model.exceptions import ConfirmationRequiredError, WrongUseError
from driver.model.values import RunningCloud
from tests.unit.driver.fakes import Screen, World

DAY = 24 * 60 * 60


@pytest.fixture
def make(world: World, tmp_path: Path) -> Callable[..., Path]:
    """Make the folder of a local cloud that was used some days ago."""
    world.settings = replace(world.settings, home=tmp_path)

    def make(environment: str, days: int, *, is_saved: bool = True) -> Path:
        within = Path("environments") / environment if environment else Path()
        folder = tmp_path / within / "local"
        (folder / "cloud/saved").mkdir(parents=True)
        record, manifest = folder / "cloud.json", folder / "cloud/saved/manifest.json"
        # This process is none of a local cloud.
        record.write_text(json.dumps(asdict(RunningCloud(os.getpid(), 4566, "x"))))
        files = [record, manifest] if is_saved else [record]
        for path in files:
            path.touch()
            os.utime(path, (time.time() - days * DAY,) * 2)
        (folder / "runs").mkdir()
        (folder / "runs/result.csv").touch()
        return folder

    return make


def down(world: World, older_than: str = "30d", *, keep: str = "", yes: bool = True) -> None:
    DownOld(Context(world.settings, world.screen.console, {}))(older_than, keep=keep, assume_yes=yes)


def test_those_that_nobody_has_used_for_so_long_are_listed_and_deleted(
    world: World, make: Callable[..., Path]
) -> None:
    old, oldest, new, unsaved = (
        make("", 31),
        make("blue", 400),
        make("red", 29),
        make("none", 90, is_saved=False),
    )
    with pytest.raises(ConfirmationRequiredError):
        down(world, yes=False)
    assert (old / "cloud/saved").is_dir()
    down(world)
    for words in ("(default)", "31 days ago", "blue", "400 days ago", "deleted 2 local clouds"):
        assert words in world.screen.text
    for folder in (old, oldest):
        assert [path.name for path in folder.iterdir()] == ["runs"]
    for folder in (new, unsaved):
        assert (folder / "cloud.json").is_file()
    down(world)
    assert "no paused local cloud" in world.screen.text


def test_what_makes_no_sense_is_refused(world: World, make: Callable[..., Path]) -> None:
    make("", 31)
    with pytest.raises(WrongUseError, match="no age"):
        down(world, "1y")
    with pytest.raises(WrongUseError, match="exclude each other"):
        down(world, keep="storage")
    world.settings = replace(world.settings, target=TargetName.AWS)
    with pytest.raises(WrongUseError, match="Only paused local clouds"):
        down(world)


def test_one_that_somebody_uses_while_the_question_is_asked_is_kept(
    world: World, make: Callable[..., Path]
) -> None:
    used, busy, old = make("", 31), make("blue", 31), make("red", 31)

    class Meanwhile(Screen):
        def _ask(self, question: str) -> str:
            (used / "cloud.json").touch()  # started, and paused again
            return super()._ask(question)

    screen = Meanwhile("y")
    with Workspace(busy).lock("invoke up"):
        DownOld(Context(world.settings, screen.console, {}))("30d", assume_yes=False)
    assert "deleted 1 local cloud," in screen.text
    assert "The local cloud of (default) is kept: it was used since it was listed." in screen.text
    assert "The local cloud of blue is kept. Another command is changing the same target" in screen.text
    for folder in (used, busy):
        assert (folder / "cloud/saved/manifest.json").is_file()
    assert not (old / "cloud").exists()
