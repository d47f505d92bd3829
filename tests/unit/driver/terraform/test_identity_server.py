import urllib.error
import urllib.request

import pytest

from driver.aws.clients import Clients
from driver.terraform.identity_server import identity_server


def test_it_is_an_account_as_sts_tells_it() -> None:
    with identity_server("000000000000") as address:
        identity = Clients("us-west-2", address).identity()
    assert identity.account_id == "000000000000"


def test_it_holds_nothing_else() -> None:
    with (
        identity_server("000000000000") as address,
        pytest.raises(urllib.error.HTTPError, match="501") as answer,
    ):
        urllib.request.urlopen(address, b"Action=ListQueues")
    answer.value.close()


def test_it_goes_when_it_is_no_longer_needed() -> None:
    with identity_server("000000000000") as address:
        pass
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address, b"Action=GetCallerIdentity")
