"""IAM: the policies of roles, and what it would decide; the local cloud's record of what it decided."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
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


class Roles:
    """The roles of an account."""

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

    def simulate(self, role_arn: str, action: str, resource: str) -> Mapping[str, Any]:
        """Ask IAM what it would decide; returns the evaluation result of SimulatePrincipalPolicy."""
        answer = self._client.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
        )
        return cast("Mapping[str, Any]", answer["EvaluationResults"][0])


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
