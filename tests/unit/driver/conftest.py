from pathlib import Path

import pytest

from driver.workspace import Workspace
from tests.unit.driver.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Workspace(tmp_path / "local"))
