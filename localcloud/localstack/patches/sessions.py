"""Roles that LocalStack's services work as: their sessions share clients, and open when they are used."""

from typing import Any

from localstack.aws.connect import InternalClientFactory

from localcloud.localstack.acting import SignedClients, session_of
from localcloud.ports import Role


def apply() -> None:
    """Defect: each session has clients of its own, and opens before anybody needs it."""

    def with_assumed_role(
        self: InternalClientFactory,
        *,
        role_arn: str,
        service_principal: str | None = None,
        session_name: str | None = None,
        region_name: str | None = None,
        **client: Any,
    ) -> SignedClients:
        service = service_principal or ""
        region = region_name or self._get_region()
        name = session_name or service
        session = session_of(role_arn, region, lambda arn: Role(arn, name, "", service))
        return SignedClients(self(region_name=region, **client), session)

    InternalClientFactory.with_assumed_role = with_assumed_role
