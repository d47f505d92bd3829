from dataclasses import replace

import pytest

from driver.deployments.state import StateIs, judge_state
from driver.model.choices import TargetName
from driver.model.exceptions import CredentialsError, WrongUseError
from driver.model.values import Deployment
from tests.unit.driver.fakes import AWS, LOCAL

LOCALSTACK = Deployment(TargetName.LOCALSTACK, "us-west-2", "000000000000", "http://localhost:4566")


@pytest.mark.parametrize(
    ("previous", "wanted", "state"),
    [
        (LOCAL, LOCAL, StateIs.VALID),
        (AWS, AWS, StateIs.VALID),
        (LOCALSTACK, LOCALSTACK, StateIs.VALID),
        (LOCAL, replace(LOCAL, instance="second"), StateIs.OUTDATED),
        (LOCAL, replace(LOCAL, instance="second", endpoint_url="http://127.0.0.1:1"), StateIs.OUTDATED),
        (None, LOCAL, StateIs.OUTDATED),
        (None, AWS, StateIs.VALID),
    ],
)
def test_a_state_is_as_good_as_the_cloud_that_holds_it(
    previous: Deployment | None, wanted: Deployment, state: StateIs
) -> None:
    assert judge_state(previous, wanted) is state


def test_another_account_is_refused() -> None:
    with pytest.raises(CredentialsError):
        judge_state(AWS, replace(AWS, account_id="999999999999"))


@pytest.mark.parametrize(
    ("previous", "wanted"),
    [
        (AWS, replace(AWS, region="eu-west-1")),
        (LOCAL, replace(LOCAL, region="eu-west-1")),
        (LOCALSTACK, replace(LOCALSTACK, endpoint_url="http://elsewhere:4566")),
    ],
)
def test_another_place_is_refused_with_both_names(previous: Deployment, wanted: Deployment) -> None:
    with pytest.raises(WrongUseError) as caught:
        judge_state(previous, wanted)
    changed = {previous.region, previous.endpoint_url} ^ {wanted.region, wanted.endpoint_url}
    assert all(str(name) in str(caught.value) for name in changed)
