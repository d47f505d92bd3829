"""Fixtures of the service's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.unit.localcloud.geospatial.service import Service

settings.register_profile("unhurried", deadline=None)  # A loaded machine is no failure.
settings.load_profile("unhurried")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.geospatial.close()
