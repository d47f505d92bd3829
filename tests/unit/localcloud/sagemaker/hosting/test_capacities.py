import pytest

from tests.unit.localcloud.sagemaker.hosting.account import Account


def change_capacity(account: Account, **members: object) -> None:
    account.call(
        "UpdateEndpointWeightsAndCapacities",
        EndpointName="endpoint",
        DesiredWeightsAndCapacities=[{"VariantName": "A"} | members],
    )


def test_weights_change_without_new_servers(account: Account) -> None:
    account.deployed({}, {"VariantName": "B"})
    change_capacity(account, DesiredWeight=9.0, DesiredInstanceCount=1)
    assert len(account.servers) == 2
    (variant, _) = account.variants()
    assert (variant["CurrentWeight"], variant["DesiredWeight"]) == (9.0, 9.0)
    account.wait_for_status("IN_SERVICE", times=2)
    assert account.statuses()[-2:] == ["UPDATING", "IN_SERVICE"]


def test_another_capacity_is_deployed_anew(account: Account) -> None:
    account.deployed()
    change_capacity(account, DesiredInstanceCount=2)
    (variant,) = account.variants()
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 2)
    for server in account.servers[1:]:
        server.ready()
    account.wait_for_status("IN_SERVICE", times=2)
    (variant,) = account.variants()
    assert variant["CurrentInstanceCount"] == 2


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"VariantName": "B", "DesiredWeight": 1.0},
            'The variant name(s) "B" is/are not present within endpoint configuration "config".',
        ),
        (
            {"VariantName": "A", "DesiredWeight": 0.0},
            "At least one of the ProductionVariants must have a weight.",
        ),
        (
            {"VariantName": "A", "DesiredInstanceCount": 0},
            "DesiredInstanceCount 0 is not supported by the local cloud.",
        ),
    ],
)
def test_weights_and_capacities_that_cannot_work_are_refused(
    account: Account, members: dict[str, object], message: str
) -> None:
    account.deployed()
    refusal = account.refusal(
        "UpdateEndpointWeightsAndCapacities", EndpointName="endpoint", DesiredWeightsAndCapacities=[members]
    )
    assert refusal == message
