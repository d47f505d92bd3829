"""Whether IAM allows the deployer what Terraform and the driver ask for on AWS, asked before they start.

The list of it, deployer_policy.json, is a recorded `invoke up`, `run-pipeline` and `down`:
tools/make_deployer_policy.py makes it. The simulation knows the policies of users and roles, their boundaries
and those of the organization; it knows no conditions but the ones that are sent (IAM API reference,
SimulatePrincipalPolicy).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driver.commands.doctor.checkup import Finding, failed, passed, warned
from driver.host.wording import counted
from driver.model.values import Identity

if TYPE_CHECKING:
    from driver.aws.permissions import Roles, Simulated

POLICY_FILE = Path(__file__).with_name("deployer_policy.json")
_AT_ONCE = 4  # requests: the check must end within the deadline of all checks
_COMMANDS = "`up`, `run-pipeline` and `down`"
_NAMED = 20  # actions
_PASSING = "iam:PassRole"
_PASSED_TO = ("lambda.amazonaws.com", "sagemaker.amazonaws.com", "states.amazonaws.com")
_REGION_OF_IAM = "us-east-1"  # IAM user guide, aws:RequestedRegion of global services


@dataclass(frozen=True, slots=True)
class Need:
    """Actions that are needed on each of some resources; `context` has condition keys of such requests."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, str]


def read_needs(
    policies: Sequence[Mapping[str, Any]], name_prefix: str, identity: Identity, region: str
) -> list[Need]:
    """Read what the deployer needs of its policies, for a prefix of names, an account and a region."""
    place = (identity.arn.split(":")[1], region, identity.account_id)
    needs = []
    for statement in (statement for policy in policies for statement in policy["Statement"]):
        resources = tuple(_resource(text, name_prefix, place) for text in statement["Resource"])
        is_global = statement["Action"][0].startswith("iam:")
        context = {"aws:RequestedRegion": _REGION_OF_IAM if is_global else region}
        if actions := tuple(action for action in statement["Action"] if action != _PASSING):
            needs.append(Need(actions, resources, context))
        if _PASSING in statement["Action"]:
            needs += [
                Need((_PASSING,), resources, context | {"iam:PassedToService": service})
                for service in _PASSED_TO
            ]
    return needs


def check_deployer(roles: Roles, identity: Identity, region: str, name_prefix: str) -> Finding:
    """Ask IAM about each action that deploying, running and destroying need."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - not needed for other targets

    if identity.arn.endswith(":root"):
        return passed("the root user of the account may do everything")
    if ":federated-user/" in identity.arn:
        return passed(f"not asked: IAM simulates users and roles, and you are {identity.arn}")
    policies = json.loads(POLICY_FILE.read_text(encoding="utf-8"))
    try:
        source = _source(roles, identity.arn)

        def ask(need: Need) -> list[Simulated]:
            return roles.simulate(source, need.actions, need.resources, need.context)

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            needs = read_needs(policies, name_prefix, identity, region)
            simulated = [result for results in threads.map(ask, needs) for result in results]
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        return passed(f"not asked, because IAM simulates nothing for you: {code}: {message}")
    return _judged(simulated, source)


def _judged(simulated: Sequence[Simulated], source: str) -> Finding:
    total = counted(len({result.action for result in simulated}), "action")
    denied = [result for result in simulated if not result.is_allowed]
    if missing := [result for result in denied if not result.missing_context]:
        limits = sorted({result.limit for result in missing if result.limit})
        because = f", because of {' and '.join(limits)}" if limits else ""
        return failed(
            f"{source} lacks {_listed(missing)}, of {total} that {_COMMANDS} need{because}.",
            "Allow them. `invoke up` without a target and `invoke permissions --deployer` write the policy.",
        )
    if denied:
        keys = sorted({key for result in denied for key in result.missing_context})
        return warned(
            f"{source} may lack {_listed(denied)}, of {total} that {_COMMANDS} need: its policies ask for "
            f"{', '.join(keys)}, which a simulation does not know.",
            "Go on where you know that these conditions hold.",
        )
    return passed(f"{total} that {_COMMANDS} need, all allowed to {source}")


def _resource(text: str, name_prefix: str, place: tuple[str, str, str]) -> str:
    """Fill in a recorded resource; what follows the prefix stays an asterisk, as a policy would name it."""
    written = text.replace("${name_prefix}", name_prefix)
    if not written.startswith("arn:"):
        return written
    _, _, service, region, account, rest = written.split(":", 5)
    return ":".join(("arn", place[0], service, region and place[1], account and place[2], rest))


def _source(roles: Roles, arn: str) -> str:
    """Give whose policies are simulated; where `iam:GetRole` is denied, a role is taken to have no path."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - not needed for other targets

    if ":assumed-role/" not in arn:
        return arn
    name = arn.split("/")[1]
    try:
        return roles.arn(name)
    except ClientError:
        _, partition, _, _, account, _ = arn.split(":", 5)
        return f"arn:{partition}:iam::{account}:role/{name}"


def _listed(results: Sequence[Simulated]) -> str:
    names = sorted({result.action for result in results})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
