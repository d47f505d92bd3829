"""SageMaker's models, endpoint configurations and endpoints: found, asked, deleted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from driver.model.exceptions import NotDeployedError, WorkFailedError
from driver.model.values import Endpoint

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

    from driver.aws.clients import SageMakerRuntime


_ABSENT = "Could not find"  # SageMaker's words, under the code ValidationException
_LONGEST = 500  # characters of a model's own error that are told


class Hosting:
    """Models and endpoints, as far as this project needs them.

    `make_runtime`: makes a client of its endpoints; called once one is asked for predictions.
    """

    def __init__(self, client: SageMakerClient, make_runtime: Callable[[], SageMakerRuntime]) -> None:
        self._client = client
        self._make_runtime = make_runtime

    @cached_property
    def _runtime(self) -> SageMakerRuntime:
        return self._make_runtime()

    def endpoints(self, prefix: str) -> list[Endpoint]:
        """List the endpoints whose names begin so, by name."""
        pages = self._client.get_paginator("list_endpoints").paginate(NameContains=prefix)
        found = [
            Endpoint(item["EndpointName"], item["EndpointStatus"])
            for page in pages
            for item in page["Endpoints"]
            if item["EndpointName"].startswith(prefix)
        ]
        return sorted(found, key=lambda endpoint: endpoint.name)

    def configs(self, prefix: str) -> list[str]:
        """List the endpoint configurations whose names begin so, by name."""
        pages = self._client.get_paginator("list_endpoint_configs").paginate(NameContains=prefix)
        names = (item["EndpointConfigName"] for page in pages for item in page["EndpointConfigs"])
        return sorted(name for name in names if name.startswith(prefix))

    def models(self, prefix: str) -> list[str]:
        """List the models whose names begin so, by name."""
        pages = self._client.get_paginator("list_models").paginate(NameContains=prefix)
        names = (item["ModelName"] for page in pages for item in page["Models"])
        return sorted(name for name in names if name.startswith(prefix))

    def describe(self, endpoint_name: str) -> Endpoint | None:
        """Describe an endpoint; None if there is none of that name."""
        try:
            answer = self._client.describe_endpoint(EndpointName=endpoint_name)
        except ClientError as error:
            if _is_absent(error):
                return None
            raise
        return Endpoint(endpoint_name, answer["EndpointStatus"], answer.get("EndpointConfigName", ""))

    def models_of(self, config_name: str) -> list[str]:
        """List the models of an endpoint configuration; none if it is gone."""
        try:
            answer = self._client.describe_endpoint_config(EndpointConfigName=config_name)
        except ClientError as error:
            if _is_absent(error):
                return []
            raise
        return sorted({variant["ModelName"] for variant in answer["ProductionVariants"]})

    def instances(self, endpoint_name: str) -> list[str]:
        """List the instances behind an endpoint, such as `1 ml.m5.large`; none of a serverless one."""
        endpoint = self._client.describe_endpoint(EndpointName=endpoint_name)
        config = self._client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        return [
            f"{variant.get('InitialInstanceCount', 1)} {variant['InstanceType']}"
            for variant in config["ProductionVariants"]
            if "InstanceType" in variant
        ]

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete an endpoint, unless it is gone."""
        try:
            self._client.delete_endpoint(EndpointName=name)
        except ClientError as error:
            if not _is_absent(error):
                raise

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration, unless it is gone; no endpoint may have it any more."""
        try:
            self._client.delete_endpoint_config(EndpointConfigName=name)
        except ClientError as error:
            if not _is_absent(error):
                raise

    def delete_model(self, name: str) -> None:
        """Delete a model, unless it is gone. The model data stays in the bucket."""
        try:
            self._client.delete_model(ModelName=name)
        except ClientError as error:
            if not _is_absent(error):
                raise

    def invoke(self, endpoint_name: str, body: bytes, content_type: str, accept: str) -> bytes:
        """Ask an endpoint for predictions.

        Raises `NotDeployedError` if SageMaker does not know the endpoint, or it is not in service. Raises
        `WorkFailedError` if the model answers with an error; its own words are told.
        """
        try:
            answer = self._runtime.invoke_endpoint(
                EndpointName=endpoint_name, Body=body, ContentType=content_type, Accept=accept
            )
        except ClientError as error:
            details = error.response["Error"]
            if details["Code"] == "ValidationError":
                raise NotDeployedError(
                    f"Endpoint {endpoint_name} cannot be asked.",
                    details["Message"],
                    "`invoke status` lists the endpoints.",
                ) from error
            if details["Code"] == "ModelError":
                said = str(error.response.get("OriginalMessage") or details["Message"])[:_LONGEST]
                raise WorkFailedError(
                    f"The model of endpoint {endpoint_name} answers with an error.",
                    f"Status {error.response.get('OriginalStatusCode', 'unknown')}: {said}",
                    f"Its log is in CloudWatch's group /aws/sagemaker/Endpoints/{endpoint_name}.",
                ) from error
            raise
        return bytes(answer["Body"].read())


def _is_absent(error: ClientError) -> bool:
    return _ABSENT in error.response["Error"]["Message"]
