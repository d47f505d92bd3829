"""Fixtures of the tests of tuning jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, running_cloud
from tests.unit.localcloud.sagemaker.jobs.containers import FakeImages
from tests.unit.localcloud.sagemaker.jobs.requests import BUCKET
from tests.unit.localcloud.sagemaker.tuning.requests import loss_of_x


@pytest.fixture
def images() -> FakeImages:
    """Images whose containers print how far x is from 3, and end; a test puts its own program in."""
    return FakeImages(loss_of_x)


@pytest.fixture
def cloud(images: FakeImages, tmp_path: Path) -> Iterator[Cloud]:
    """SageMaker with these images, and one object to train on."""
    with running_cloud(images=images, folder=tmp_path) as cloud:
        cloud.host.objects[BUCKET, "data/a.csv"] = b"1,2\n"
        yield cloud
