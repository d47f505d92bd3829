"""IAM: the policies of roles, and what it would decide; the local cloud's record of what it decided."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from driver.model.exceptions import NotDeployedError
from driver.model.values import Keys

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

_PATH = "/_sagestep/permissions"
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """What IAM would decide of an action, the gravest of its decisions on several resources.

    `decision` is in IAM's words. `policies` are those whose statements decided. `missing_context` are
    condition keys that statements ask for and that were not given. `limit` names what denies besides the
    policies of user or role: their boundary, the organization; an empty text where nothing does.
    """

    action: str
    decision: str
    policies: tuple[str, ...]
    missing_context: tuple[str, ...]
    limit: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether it is allowed."""
        return self.decision == "allowed"


class Roles:
    """The roles of an account, and what IAM would decide."""

    def __init__(self, client: IAMClient) -> None:
        self._client = client

    def policies(self, role: str) -> dict[str, Mapping[str, object]]:
        """Read the documents of a role's policies by their names, inline and attached."""
        found: dict[str, Mapping[str, object]] = {}
        for page in self._client.get_paginator("list_role_policies").paginate(RoleName=role):
            for name in page["PolicyNames"]:
                answer = self._client.get_role_policy(RoleName=role, PolicyName=name)
                found[name] = cast("Mapping[str, object]", answer["PolicyDocument"])
        for attached in self._client.get_paginator("list_attached_role_policies").paginate(RoleName=role):
            for policy in attached["AttachedPolicies"]:
                arn = policy["PolicyArn"]
                version = self._client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                document = self._client.get_policy_version(PolicyArn=arn, VersionId=version)
                found[arn] = cast("Mapping[str, object]", document["PolicyVersion"]["Document"])
        return found

    def simulate(
        self,
        arn: str,
        actions: Sequence[str],
        resources: Sequence[str],
        context: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Simulated]:
        """Ask IAM what it would decide of each action on each of the resources (SimulatePrincipalPolicy).

        - `arn`: of a user or a role.
        - `context`: condition keys with their values; IAM tells which others it lacks.
        """
        pages = self._client.get_paginator("simulate_principal_policy").paginate(
            PolicySourceArn=arn,
            ActionNames=actions,
            ResourceArns=resources,
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                for key, value in context.items()
            ],
        )
        return [_read(result) for page in pages for result in page["EvaluationResults"]]

    def arn(self, role: str) -> str:
        """Read the ARN of a role, which has its path."""
        return self._client.get_role(RoleName=role)["Role"]["Arn"]


def _read(result: Mapping[str, Any]) -> Simulated:
    by_boundary = result.get("PermissionsBoundaryDecisionDetail", {})
    by_organization = result.get("OrganizationsDecisionDetail", {})
    limit = "" if by_boundary.get("AllowedByPermissionsBoundary", True) else "the permissions boundary"
    limit = limit if by_organization.get("AllowedByOrganizations", True) else "a policy of the organization"
    of_resources = result.get("ResourceSpecificResults", [])
    missing = [key for one in (result, *of_resources) for key in one.get("MissingContextValues", [])]
    return Simulated(
        action=str(result["EvalActionName"]),
        decision=str(result["EvalDecision"]),
        policies=tuple(str(item["SourcePolicyId"]) for item in result.get("MatchedStatements", [])),
        missing_context=tuple(dict.fromkeys(map(str, missing))),
        limit="" if result["EvalDecision"] == "allowed" else limit,
    )


def fetch_record(endpoint_url: str, region: str, keys: Keys) -> Mapping[str, Any]:
    """Fetch what the local cloud recorded of IAM's decisions, in the format of docs/iam.md.

    Raises
    ------
    NotDeployedError
        If the cloud has no record: it is of an earlier version, or another's.
    """
    address = urlsplit(endpoint_url)
    request = AWSRequest("GET", f"{endpoint_url}{_PATH}")
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "iam", region).add_auth(request)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=_SECONDS)
    try:
        connection.request("GET", _PATH, headers=dict(request.headers.items()))
        response = connection.getresponse()
        body = response.read()
    except OSError as error:
        raise _no_record(endpoint_url, str(error)) from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise _no_record(endpoint_url, f"It answers {response.status}.")
    return cast("Mapping[str, Any]", json.loads(body))


def _no_record(endpoint_url: str, why: str) -> NotDeployedError:
    return NotDeployedError(
        f"The cloud at {endpoint_url} does not tell what IAM decided.",
        why,
        "Run `invoke up` with this version of sagestep, after `invoke down` where another runs.",
    )
