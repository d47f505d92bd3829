"""Fixtures of the tests of what the functions share."""

from collections.abc import Iterator

import pytest

from tests.unit.lambda_src.runs import RunCloud


@pytest.fixture
def cloud() -> Iterator[RunCloud]:
    with RunCloud() as cloud:
        yield cloud
