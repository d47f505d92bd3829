"""Simulations of policies: LocalStack compares names with lists of names, and fails where one is a text."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler
from localstack.services.iam.provider import IamProvider, get_iam_backend

from localcloud.errors import ServiceError
from localcloud.iam.simulation import Identity, entity_of, simulate
from localcloud.localstack.permissions.identities import default_document

Answer = dict[str, object]
Request = Mapping[str, object]

_NOT_KNOWN_YET = "PolicyExclusionList"
"""A member that the host's model lacks, so that its parser drops it; what would be ignored is refused."""


def apply() -> None:
    """Defect: SimulatePrincipalPolicy knows no wildcards or conditions; SimulateCustomPolicy is missing."""

    @handler("SimulatePrincipalPolicy", expand=False)
    def simulate_principal_policy(self: IamProvider, context: RequestContext, request: Request) -> Answer:
        return _answered(context, request, partial(_identity, context, str(request["PolicySourceArn"])))

    @handler("SimulateCustomPolicy", expand=False)
    def simulate_custom_policy(self: IamProvider, context: RequestContext, request: Request) -> Answer:
        return _answered(context, request, partial(Identity, str(request.get("CallerArn") or ""), {}))

    IamProvider.simulate_principal_policy = simulate_principal_policy
    IamProvider.simulate_custom_policy = simulate_custom_policy


def _answered(context: RequestContext, request: Request, identity: "partial[Identity]") -> Answer:
    named = {key.partition(".")[0] for key in context.request.values}
    unseen = {_NOT_KNOWN_YET: "given"} if _NOT_KNOWN_YET in named else {}
    try:
        return simulate({**request, **unseen}, identity())
    except ServiceError as error:
        raise CommonServiceException(
            error.code, error.message, error.status, sender_fault=error.status < 500
        ) from error


def _identity(context: RequestContext, arn: str) -> Identity:
    """Read the policies of a user with those of its groups, of a group, or of a role with its boundary."""
    backend, (kind, name) = get_iam_backend(context), entity_of(arn)
    found: Mapping[str, Any] = {
        "user": backend.users,
        "group": backend.groups,
        "role": {role.name: role for role in backend.get_roles()},
    }[kind]
    if name not in found:
        raise ServiceError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404)
    policies = _policies(kind, found[name])
    if kind == "user":
        for group in backend.get_groups_for_user(name):
            policies |= _policies("group", group)
    bounded_by = getattr(found[name], "permissions_boundary_arn", None)
    boundary = default_document(backend.get_policy(bounded_by)) if bounded_by else None
    return Identity(arn, policies, boundary)


def _policies(kind: str, entity: Any) -> dict[str, str]:
    """Give an entity's policies by the names that the simulator gives them."""
    inline = {f"{kind}_{entity.name}_{name}": text for name, text in entity.policies.items()}
    return inline | {policy.name: default_document(policy) for policy in entity.managed_policies.values()}
