"""Fixtures of the function's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.lambda_src.geospatial.cloud import Function, GeospatialCloud


@pytest.fixture
def cloud() -> Iterator[GeospatialCloud]:
    with GeospatialCloud() as cloud:
        yield cloud


@pytest.fixture
def function(cloud: GeospatialCloud) -> Function:
    return Function(cloud)
