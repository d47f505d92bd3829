"""Fixtures of the tests of the local cloud's SageMaker."""

from collections.abc import Iterator

import pytest

from tests.unit.localcloud.sagemaker.cloud import Cloud, function_arn, running_cloud
from tests.unit.localcloud.sagemaker.hosting.account import Account


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """SageMaker on a host with one function that answers with its event."""
    with running_cloud() as cloud:
        cloud.host.functions[function_arn("function")] = lambda event: event
        yield cloud


@pytest.fixture
def account() -> Iterator[Account]:
    """Hosting whose servers do what the test says."""
    account = Account()
    try:
        yield account
    finally:
        account.hosting.close()
