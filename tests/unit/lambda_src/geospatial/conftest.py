"""Fixtures of the function's tests."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings

from tests.unit.lambda_src.geospatial.cloud import Cloud, Function

EVENTS = Path(__file__).resolve().parents[3] / "events"

settings.register_profile("unhurried", deadline=None)  # A loaded machine is no failure.
settings.load_profile("unhurried")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud() as cloud:
        yield cloud


@pytest.fixture
def function(cloud: Cloud) -> Function:
    return Function(cloud)


@pytest.fixture
def event() -> Callable[[str], dict[str, object]]:
    def read(name: str) -> dict[str, object]:
        return cast("dict[str, object]", json.loads((EVENTS / f"geospatial_{name}.json").read_text("utf-8")))

    return read
