"""Is what is deployed what is asked for? Decides; whoever asks acts."""

from __future__ import annotations

from enum import Enum, auto

from driver.config import DEFAULT_NAME_PREFIX
from driver.exceptions import CredentialsError, WrongUseError
from driver.models import Deployment


class StateIs(Enum):
    """What Terraform's state is worth to a new deployment."""

    VALID = auto()
    OUTDATED = auto()  # it describes what went with an earlier run of the local cloud


def judge_state(previous: Deployment | None, wanted: Deployment) -> StateIs:
    """Decide what the state of an earlier deployment means to the next one.

    Parameters
    ----------
    previous
        What the state was made with; None if that is not known.
    wanted
        What is asked for now.

    Raises
    ------
    CredentialsError
        If it belongs to another account: its resources would be lost from sight.
    WrongUseError
        If it lies in another region or at another endpoint, for the same reason.
    """
    if previous is None:
        return StateIs.VALID if wanted.instance is None else StateIs.OUTDATED
    if wanted.instance is not None and previous.instance != wanted.instance:
        return StateIs.OUTDATED
    if previous.account_id != wanted.account_id:
        raise CredentialsError(
            f"Target {wanted.target} is deployed to account {previous.account_id}.",
            f"The credentials are of account {wanted.account_id}.",
            "Use credentials of the first, or run `invoke down` with them before deploying elsewhere.",
        )
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


def _name_prefix(deployment: Deployment) -> object:
    return deployment.variables.get("name_prefix", DEFAULT_NAME_PREFIX)
