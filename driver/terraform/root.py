"""What commands need of Terraform; `driver.terraform.infrastructure` carries it out and is loaded then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from driver.model.values import Deployment
from driver.terraform.events import ChangeSummary, Event

OnEvent = Callable[[Event], None]


class TerraformRoot(Protocol):
    """The Terraform configuration; see `driver.terraform.infrastructure.Infrastructure`."""

    def init(self, on_event: OnEvent) -> None:
        """Prepare the working folder."""

    def apply(self, deployment: Deployment, on_event: OnEvent, *, targets: Sequence[str] = ()) -> Applied:
        """Create or update everything, or only these and what they depend on."""

    def destroy(
        self, deployment: Deployment, on_event: OnEvent, *, targets: Sequence[str] = ()
    ) -> ChangeSummary:
        """Destroy everything, or only these and what depends on them."""

    def interrupt(self) -> None:
        """Let a command in another thread end cleanly."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply changed, and Terraform's outputs after it."""

    summary: ChangeSummary
    outputs: Mapping[str, object]


@contextmanager
def initializing(terraform: TerraformRoot) -> Iterator[None]:
    """Prepare Terraform's folder while something else is done; both are done, or an error is raised."""
    unheard: Callable[[Event], None] = lambda _: None  # noqa: E731
    with ThreadPoolExecutor(max_workers=1) as threads:
        init = threads.submit(terraform.init, unheard)
        try:
            yield
            init.result()
        except BaseException:
            terraform.interrupt()
            raise
