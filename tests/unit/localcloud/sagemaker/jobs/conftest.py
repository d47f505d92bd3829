"""Fixtures of the tests of jobs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, running_cloud
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET


@pytest.fixture
def images() -> FakeImages:
    """Images whose containers end at once; a test puts its own program in."""
    return FakeImages()


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    """SageMaker with these images, and one object to work on."""
    with running_cloud(images=images, folder=tmp_path) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n"
        yield cloud


@pytest.fixture
def python() -> str:
    """Give the interpreter of the programs of tests."""
    return sys.executable
