"""Fixtures of the tests of hosting."""

from collections.abc import Iterator

import pytest

from tests.unit.localcloud.sagemaker.hosting.account import Account


@pytest.fixture
def account() -> Iterator[Account]:
    """Hosting whose servers do what the test says."""
    account = Account()
    try:
        yield account
    finally:
        account.hosting.close()
