import pytest

from localcloud.sagemaker.hosting.state import EndpointStatus
from tests.unit.localcloud.sagemaker.cloud import Document
from tests.unit.localcloud.sagemaker.hosting.account import ENDPOINT_ARN, IMAGE, Account

IN_PROGRESS = f'Cannot update in-progress endpoint "{ENDPOINT_ARN}".'


def test_an_endpoint_is_created_and_tells_every_change(account: Account) -> None:
    account.create_endpoint()
    assert account.describe()["EndpointStatus"] == "Creating"
    account.servers[0].ready()
    assert account.describe()["EndpointStatus"] == "InService"
    account.wait_for_status("IN_SERVICE")
    assert account.statuses() == ["CREATING", "IN_SERVICE"]
    source, kind, detail, resources = account.host.events[1]
    assert (source, kind) == ("aws.sagemaker", "SageMaker Endpoint State Change")
    assert resources == (ENDPOINT_ARN,)
    assert detail == {
        "EndpointName": "endpoint",
        "EndpointArn": ENDPOINT_ARN,
        "EndpointConfigName": "config",
        "ProductionVariants": [{"DesiredWeight": 1.0, "DesiredInstanceCount": 1}],
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": detail["CreationTime"],
        "LastModifiedTime": detail["LastModifiedTime"],
        "Tags": {},
    }


def test_every_instance_gets_a_server_of_its_own(account: Account) -> None:
    account.create_endpoint({"InitialInstanceCount": 2}, {"VariantName": "B"})
    orders = [server.order for server in account.servers]
    assert [order.variant.name for order in orders] == ["A", "A", "B"]
    assert len({order.instance_id for order in orders}) == 3
    assert {order.log_group for order in orders} == {"/aws/sagemaker/Endpoints/endpoint"}


def test_a_description_tells_what_serves(account: Account) -> None:
    account.deployed({"InitialInstanceCount": 2, "InitialVariantWeight": 3.0})
    described = account.describe()
    (variant,) = account.variants()
    images = variant.pop("DeployedImages")
    resolved = account.endpoint.identity.created
    assert images == [{"SpecifiedImage": IMAGE, "ResolvedImage": IMAGE, "ResolutionTime": resolved}]
    assert variant == {
        "VariantName": "A",
        "CurrentWeight": 3.0,
        "DesiredWeight": 3.0,
        "CurrentInstanceCount": 2,
        "DesiredInstanceCount": 2,
    }
    assert "PendingDeploymentSummary" not in described
    assert "FailureReason" not in described


def test_a_description_tells_what_is_pending(account: Account) -> None:
    account.create_endpoint()
    described = account.describe()
    assert "ProductionVariants" not in described
    pending = described["PendingDeploymentSummary"]
    assert isinstance(pending, dict)
    assert pending["EndpointConfigName"] == "config"
    assert pending["ProductionVariants"][0]["VariantStatus"][0]["Status"] == "Creating"


def test_a_failed_creation_tells_why_and_can_only_be_deleted(account: Account) -> None:
    account.create_endpoint()
    account.servers[0].failed("no image")
    described = account.describe()
    assert (described["EndpointStatus"], described["FailureReason"]) == ("Failed", "no image")
    assert "Delete it instead" in account.refusal(
        "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="config"
    )
    account.wait_for_status("FAILED")
    assert account.host.details("Endpoint State Change")[-1]["FailureReason"] == "no image"
    account.delete()
    account.wait_until_gone()


def test_an_update_keeps_the_old_servers_until_the_new_ones_serve(account: Account) -> None:
    account.deployed()
    account.create_config("second")
    account.update("second")
    described = account.describe()
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "config")
    assert [server.is_stopped for server in account.servers] == [False, False]
    account.servers[1].ready()
    assert [server.is_stopped for server in account.servers] == [True, False]
    account.wait_for_status("IN_SERVICE", times=2)
    assert account.describe()["EndpointConfigName"] == "second"


def test_an_update_needs_the_old_configuration_too(account: Account) -> None:
    account.deployed()
    account.create_config("second")
    account.call("DeleteEndpointConfig", EndpointConfigName="config")
    message = account.refusal("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="second")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/config"
    assert message == f'Could not find endpoint configuration "{arn}".'


def test_a_failed_update_leaves_the_old_server_in_service_and_tells_why(account: Account) -> None:
    account.deployed()
    account.create_config("second")
    account.update("second")
    account.servers[1].failed("no image")
    account.wait_for_status("IN_SERVICE", times=2)
    assert account.statuses() == ["CREATING", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    described = account.describe()
    assert (described["EndpointStatus"], described["FailureReason"]) == ("InService", "no image")
    assert described["EndpointConfigName"] == "config"
    assert not account.servers[0].is_stopped


def test_variant_properties_are_retained_on_request(account: Account) -> None:
    account.deployed({"InitialInstanceCount": 2, "InitialVariantWeight": 3.0})
    account.create_config("second", {"InitialVariantWeight": 5.0}, {"VariantName": "B"})
    account.update(
        "second",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    pending = account.endpoint.state.pending
    assert pending is not None
    planned = [(item.name, item.instance_count, item.weight) for item in pending.variants]
    assert planned == [("A", 2, 5.0), ("B", 1, 1.0)]


def test_the_old_fleet_stays_as_long_as_the_deployment_configuration_says(account: Account) -> None:
    account.deployed()
    account.create_config("second")
    policy = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    account.update(
        "second", DeploymentConfig={"BlueGreenUpdatePolicy": policy | {"TerminationWaitInSeconds": 60}}
    )
    account.servers[1].ready()
    assert not account.servers[0].is_stopped
    assert [seconds for seconds, _ in account.timer.actions] == [60.0]
    account.timer.fire()
    assert account.servers[0].is_stopped


ROLLING = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 0}
CANARY = {"Type": "CANARY", "WaitIntervalInSeconds": 1}


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        ({"RollingUpdatePolicy": ROLLING}, "RollingUpdatePolicy"),
        ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "one"}]}}, "AutoRollbackConfiguration"),
        (
            {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": CANARY}},
            "TrafficRoutingConfiguration CANARY",
        ),
    ],
)
def test_other_deployments_are_refused_by_name(account: Account, policy: Document, name: str) -> None:
    account.deployed()
    message = account.refusal(
        "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="config", DeploymentConfig=policy
    )
    assert message == f"{name} is not supported by the local cloud."


def test_changes_during_a_change_are_refused_in_aws_words(account: Account) -> None:
    account.create_endpoint()
    named = {"EndpointName": "endpoint"}
    weights = [{"VariantName": "A", "DesiredWeight": 2.0}]
    assert account.refusal("UpdateEndpoint", **named, EndpointConfigName="config") == IN_PROGRESS
    assert account.refusal("DeleteEndpoint", **named) == IN_PROGRESS
    assert (
        account.refusal("UpdateEndpointWeightsAndCapacities", **named, DesiredWeightsAndCapacities=weights)
        == IN_PROGRESS
    )


def test_a_crashed_server_is_started_again_at_once_and_then_after_pauses(account: Account) -> None:
    account.deployed()
    account.servers[0].crashed()
    assert len(account.servers) == 2
    assert account.servers[1].order.instance_id == account.servers[0].order.instance_id
    account.servers[1].crashed()
    assert len(account.servers) == 2
    ((seconds, _),) = account.timer.actions
    assert seconds == 1.0
    account.timer.fire()
    account.servers[2].ready()
    assert account.describe()["EndpointStatus"] == "InService"


def test_an_instance_that_pauses_before_its_next_start_can_be_deleted(account: Account) -> None:
    account.deployed()
    account.servers[0].crashed()
    account.servers[1].crashed()
    account.delete()
    account.wait_until_gone()
    assert account.timer.actions == []
    assert len(account.servers) == 2


def test_a_deleted_endpoint_is_gone_once_its_server_is(account: Account) -> None:
    endpoint = account.deployed()
    server = account.servers[0]
    server.lingers = True
    account.delete()
    assert account.describe()["EndpointStatus"] == "Deleting"
    assert account.refusal("DeleteEndpoint", EndpointName="endpoint") == IN_PROGRESS
    assert endpoint.state.status is EndpointStatus.DELETING
    server.stopped()
    account.wait_until_gone()
    message = account.refusal("DescribeEndpoint", EndpointName="endpoint")
    assert message == f'Could not find endpoint "{ENDPOINT_ARN}".'
    assert ENDPOINT_ARN not in account.store.tags


def test_a_taken_name_is_refused_in_aws_words(account: Account) -> None:
    account.create_endpoint()
    message = account.refusal("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")
    assert message == f'Cannot create already existing endpoint "{ENDPOINT_ARN}".'


def test_an_unknown_configuration_is_refused(account: Account) -> None:
    message = account.refusal("CreateEndpoint", EndpointName="endpoint", EndpointConfigName="config")
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/config"
    assert message == f'Could not find endpoint configuration "{arn}".'


def test_endpoints_are_listed_by_status(account: Account) -> None:
    account.create_endpoint()
    account.call("CreateEndpoint", EndpointName="other", EndpointConfigName="config")
    account.servers[1].ready()
    listed = account.listed("ListEndpoints", "Endpoints", SortBy="Status", SortOrder="Ascending")
    assert [item["EndpointName"] for item in listed] == ["endpoint", "other"]
    (summary,) = account.listed("ListEndpoints", "Endpoints", StatusEquals="InService")
    assert (summary["EndpointName"], summary["EndpointStatus"]) == ("other", "InService")


def test_closing_ends_every_server(account: Account) -> None:
    account.deployed()
    account.hosting.close()
    assert account.servers[0].grace == 2.0
