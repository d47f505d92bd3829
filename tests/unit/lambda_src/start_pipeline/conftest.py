"""Fixtures of the function's tests."""

from collections.abc import Iterator

import pytest

from tests.unit.lambda_src.runs import RunCloud
from tests.unit.lambda_src.start_pipeline.function import Function


@pytest.fixture
def cloud() -> Iterator[RunCloud]:
    with RunCloud() as cloud:
        yield cloud


@pytest.fixture
def function(cloud: RunCloud) -> Function:
    return Function(cloud)
