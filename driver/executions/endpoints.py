"""What workflows deployed to endpoints: found, chosen, deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from driver.executions.deployed import Deployed
from driver.host.console import Console
from driver.model.exceptions import DeadlineExceededError, NotDeployedError, WrongUseError
from driver.model.values import Endpoint

_SECONDS = 900.0  # an endpoint that is just being created must be waited for before it can be deleted


@dataclass(frozen=True, slots=True)
class Hosted:
    """What workflows deployed: endpoints, their configurations and models, deleted in this order."""

    endpoints: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.endpoints or self.configs or self.models)

    def lines(self) -> list[str]:
        """Write what there is, a line for each kind."""
        kinds = {
            "endpoints": self.endpoints,
            "endpoint configurations": self.configs,
            "models": self.models,
        }
        return [f"  {kind}: {', '.join(names)}" for kind, names in kinds.items() if names]


def hosted(deployed: Deployed) -> Hosted:
    """Find all that was made under the deployment's name prefix; nothing where it has none."""
    prefix, hosting = deployed.outputs.name_prefix, deployed.connection.hosting
    if not (prefix and deployed.outputs.workflows):
        return Hosted()
    begins = f"{prefix}-"
    return Hosted(
        tuple(endpoint.name for endpoint in hosting.endpoints(begins)),
        tuple(hosting.configs(begins)),
        tuple(hosting.models(begins)),
    )


def delete_hosted(deployed: Deployed, found: Hosted, console: Console) -> None:
    """Delete endpoints, wait until they are gone, then delete what they were made of.

    Raises
    ------
    DeadlineExceededError
        If an endpoint is not gone in time.
    """
    hosting = deployed.connection.hosting
    if not found:
        return
    if found.endpoints:
        with console.working(f"Deleting {', '.join(found.endpoints)}"):
            waited = deployed.connection.waiter.wait_for(
                _deleting(deployed, found.endpoints), lambda left: not left, _SECONDS
            )
        if not waited.is_done:
            raise DeadlineExceededError(
                f"{', '.join(waited.last)} were not deleted within {_SECONDS:.0f} seconds.",
                "An endpoint can only be deleted when its creation or update has ended.",
                "Try again later.",
            )
    for config in found.configs:
        hosting.delete_config(config)
    for model in found.models:
        hosting.delete_model(model)
    console.done(f"deleted {', '.join((*found.endpoints, *found.configs, *found.models))}")


def _deleting(deployed: Deployed, names: Sequence[str]) -> Callable[[], tuple[str, ...]]:
    """Return a look that lists which are left, and begins to delete those that have come to rest."""
    hosting, begun = deployed.connection.hosting, set[str]()
    prefix = names[0] if len(names) == 1 else f"{deployed.outputs.name_prefix}-"

    def look() -> tuple[str, ...]:
        left = [endpoint for endpoint in hosting.endpoints(prefix) if endpoint.name in names]
        for endpoint in left:
            if endpoint.is_settled and endpoint.name not in begun:
                begun.add(endpoint.name)
                hosting.delete_endpoint(endpoint.name)
        return tuple(endpoint.name for endpoint in left)

    return look


def choose_endpoint(deployed: Deployed, name: str | None) -> Endpoint:
    """Find the endpoint that is meant; None is the only one there is.

    Raises
    ------
    NotDeployedError
        If there is none.
    WrongUseError
        If there are several and none is named.
    """
    hosting, flag = deployed.connection.hosting, deployed.target_flag
    if name is None:
        listed = hosting.endpoints(f"{deployed.outputs.name_prefix}-")
        if len(listed) > 1:
            names = ", ".join(endpoint.name for endpoint in listed)
            raise WrongUseError("There are several endpoints.", f"They are {names}.", "Name one: --endpoint.")
        name = listed[0].name if listed else None
    found = hosting.describe(name) if name else None
    if found is None:
        cure = (
            f"Run `invoke deploy-model{flag}`."
            if "end_to_end" in deployed.outputs.workflows
            else f"Run a workflow that makes one; `invoke workflows{flag}` lists them."
        )
        raise NotDeployedError(f"There is no endpoint{f' {name}' if name else ''}.", "", cure)
    return found
