"""Whether Terraform's state describes what is asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from driver.model.exceptions import CredentialsError, WrongUseError
from driver.model.values import Deployment
from driver.settings.settings import DEFAULT_NAME_PREFIX
from driver.terraform.state import ManagedResource

_ACCOUNT = 4  # the part of an ARN


class StateIs(Enum):
    """What Terraform's state is worth to a new deployment."""

    VALID = auto()
    OUTDATED = auto()  # it describes what went with an earlier run of the local cloud


def judge_state(previous: Deployment | None, wanted: Deployment) -> StateIs:
    """Decide what the state of an earlier deployment means to the next one.

    `previous` is None if it is not known what the state was made with.

    Raises
    ------
    CredentialsError
        If it belongs to another account: nobody would see its resources any more.
    WrongUseError
        If it belongs to another region, endpoint or name prefix, for the same reason.
    """
    if previous is None:
        return StateIs.VALID if wanted.instance is None else StateIs.OUTDATED
    if wanted.instance is not None and previous.instance != wanted.instance:
        return StateIs.OUTDATED
    if previous.account_id != wanted.account_id:
        raise _other_account(previous.account_id, wanted)
    for what, before, now in (
        ("region", previous.region, wanted.region),
        ("endpoint", previous.endpoint_url, wanted.endpoint_url),
        # Every name would change: Terraform would destroy all there is, the bucket with its objects too.
        ("name prefix", _name_prefix(previous), _name_prefix(wanted)),
    ):
        if before != now:
            raise WrongUseError(
                f"Target {wanted.target} is deployed already: its {what} is {before}.",
                f"{what.capitalize()} {now} was asked for.",
                f"Keep to the first, or run `invoke down --target {wanted.target}` before.",
            )
    return StateIs.VALID


def check_account(resources: Iterable[ManagedResource], wanted: Deployment) -> None:
    """Make sure that resources are of the account that is deployed to, where no record tells.

    Raises
    ------
    CredentialsError
        If their ARNs name another account.
    """
    parts = [resource.arn.split(":") for resource in resources]
    accounts = sorted({arn[_ACCOUNT] for arn in parts if len(arn) > _ACCOUNT and arn[_ACCOUNT].isdigit()})
    if accounts and wanted.account_id not in accounts:
        raise _other_account(", ".join(accounts), wanted)


def _other_account(account_id: str, wanted: Deployment) -> CredentialsError:
    return CredentialsError(
        f"Target {wanted.target} is deployed to account {account_id}.",
        f"The credentials are of account {wanted.account_id}.",
        "Use credentials of the first, or run `invoke down` with them before deploying elsewhere.",
    )


def _name_prefix(deployment: Deployment) -> object:
    return deployment.variables.get("name_prefix", DEFAULT_NAME_PREFIX)
