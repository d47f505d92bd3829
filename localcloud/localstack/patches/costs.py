"""What executions of state machines do again and again, though once is enough."""

from functools import lru_cache
from types import SimpleNamespace

from botocore.config import Config
from localstack.aws.connect import ServiceLevelClientFactory
from localstack.services.stepfunctions.asl.utils import boto_client, json_path
from localstack.utils.aws.client_types import ServicePrincipal

CONNECTIONS = 100
"""So many tasks that call one service may be under way at once without making new connections."""


def apply() -> None:
    """Apply all patches of this module."""
    let_paths_be_parsed_once()
    let_clients_be_made_once()


def let_paths_be_parsed_once() -> None:
    """Defect: each use of a JSONPath makes its parser anew, which takes 20 ms of everybody's time."""
    json_path.parse = lru_cache(maxsize=4096)(json_path.parse)


def let_clients_be_made_once() -> None:
    """Defect: each task assumes its role anew and makes a client for it, which takes longer than its call."""
    connect_to = boto_client.connect_to

    @lru_cache(maxsize=256)
    def with_assumed_role(
        role_arn: str, service_principal: ServicePrincipal, region_name: str, config: Config
    ) -> ServiceLevelClientFactory:
        return connect_to.with_assumed_role(
            role_arn=role_arn,
            service_principal=service_principal,
            region_name=region_name,
            config=config.merge(Config(max_pool_connections=CONNECTIONS)),
        )

    boto_client.connect_to = SimpleNamespace(with_assumed_role=with_assumed_role)
