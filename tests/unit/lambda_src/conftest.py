"""Fixtures of the functions' tests."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings

EVENTS = Path(__file__).resolve().parents[2] / "events"

settings.register_profile("unhurried", deadline=None)  # A loaded machine is no failure.
settings.load_profile("unhurried")


@pytest.fixture
def event(request: pytest.FixtureRequest) -> Callable[[str], dict[str, object]]:
    """Read an event of the function whose folder the test lies in."""

    def read(name: str) -> dict[str, object]:
        path = EVENTS / f"{request.path.parent.name}_{name}.json"
        return cast("dict[str, object]", json.loads(path.read_text("utf-8")))

    return read
