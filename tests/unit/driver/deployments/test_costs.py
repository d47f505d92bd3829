from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber
from mypy_boto3_sagemaker import SageMakerClient

from driver.aws.hosting import Hosting
from driver.commands.status import ShowStatus
from driver.deployments.costs import Cost, standing_costs
from driver.model.values import Endpoint, Outputs
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import AWS, NOON, OUTPUTS, WORKFLOWS, World

NAME = "sagestep-wine"
ARN = "arn:aws:sagemaker:us-west-2:123456789012:endpoint/sagestep-wine"


@pytest.fixture
def client() -> Iterator[SageMakerClient]:
    client = boto3.client(
        "sagemaker", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test"
    )
    yield client
    client.close()


def test_the_instances_behind_an_endpoint_are_counted(client: SageMakerClient) -> None:
    times = {"CreationTime": NOON, "LastModifiedTime": NOON}
    endpoint = {"EndpointName": NAME, "EndpointArn": ARN, "EndpointConfigName": "one", **times}
    variants = [
        {"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2},
        {
            "VariantName": "b",
            "ModelName": "m",
            "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
        },
    ]
    config = {
        "EndpointConfigName": "one",
        "EndpointConfigArn": f"{ARN}-config",
        "ProductionVariants": variants,
        "CreationTime": NOON,
    }
    with Stubber(client) as stub:
        stub.add_response("describe_endpoint", {**endpoint, "EndpointStatus": "InService"})
        stub.add_response("describe_endpoint_config", config)
        assert Hosting(client, lambda: pytest.fail("no model is asked")).instances(NAME) == ["2 ml.m5.large"]


def test_what_bills_by_the_hour_is_named_by_its_instances() -> None:
    outputs = Outputs.read({**OUTPUTS, **WORKFLOWS})
    serving, serverless = Endpoint(NAME, "InService"), Endpoint("sagestep-free", "InService")
    costs = standing_costs(outputs, [(serving, ["2 ml.m5.large"]), (serverless, [])])
    assert [cost for cost in costs if "hour" in cost.billed] == [
        Cost(
            f"endpoint {NAME}",
            "by the hour for each instance: 2 ml.m5.large",
            "https://aws.amazon.com/sagemaker/pricing/",
        )
    ]
    assert all(cost.pricing_url.startswith("https://aws.amazon.com/") for cost in costs)
    assert not any("sagestep-free" in cost.what for cost in costs)


def test_status_on_aws_tells_what_costs(world: World) -> None:
    world.deploy(AWS, workflows=True)
    world.target = replace(world.target, deployment=AWS)
    world.hosting.states[NAME] = Endpoint(NAME, "InService")
    world.hosting.behind[NAME] = ["1 ml.t2.medium"]
    program = Program()
    ShowStatus(world.context(program.console))()
    costs = program.document("status")["costs"]
    assert costs[0]["what"] == f"endpoint {NAME}"
    assert "1 ml.t2.medium" in costs[0]["billed"]
    ShowStatus(world.context())()
    assert "Billed while it is deployed" in world.screen.text
