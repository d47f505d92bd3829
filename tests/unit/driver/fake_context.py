"""The context of a command in a world of values; what the world does not have is the real context's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from driver.aws.clients import Clients
from driver.aws.connection import Connection
from driver.commands.context import Context
from driver.deployments.targets import Target
from driver.deployments.workspace import Workspace
from driver.host.environments import Environments
from driver.host.programs import HostPrograms
from driver.images.image import Image
from driver.model.values import Access, Deployment, Identity, Keys
from driver.settings.settings import Settings
from driver.terraform.infrastructure import Infrastructure
from driver.terraform.state_store import StateStore

if TYPE_CHECKING:
    from tests.unit.driver.fakes import World

IDENTITY = Identity("123456789012", "arn:aws:iam::123456789012:user/ann")


class FakeStateStore(StateStore):
    """The place of a state that lies on this machine."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, None, _no_terraform)

    def place(self) -> None:
        return None

    def clear(self) -> None:
        """Nothing lies elsewhere."""


def _no_terraform() -> tuple[Path, Mapping[str, str]]:
    raise AssertionError


class NoVariables(Settings):
    """Settings that tell Terraform nothing besides region and endpoint."""

    def variables(self) -> dict[str, object]:
        return {}


class FakeClients(Clients):
    """Answers of AWS to a user with all permissions."""

    def __init__(self) -> None:
        super().__init__("us-west-2", None)

    def identity(self) -> Identity:
        return IDENTITY

    def registry_login(self) -> tuple[str, str]:
        return "AWS", "secret"

    def geospatial(self) -> Any:
        return SimpleNamespace(list_vector_enrichment_jobs=lambda MaxResults: {})  # noqa: N803

    def iam(self) -> Any:
        def pages(**request: Any) -> list[Any]:
            named = [{"EvalActionName": name, "EvalDecision": "allowed"} for name in request["ActionNames"]]
            return [{"EvaluationResults": named}]

        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=pages))


@dataclass(frozen=True, eq=False)
class FakeContext(Context):
    """The context of a command in a world; what the world does not have is the real one's."""

    world: World = field(kw_only=True)

    @cached_property
    def workspace(self) -> Workspace:
        return self.world.workspace

    @cached_property
    def target(self) -> Target:
        return self.world.target

    @cached_property
    def terraform(self) -> Infrastructure:
        return self.world.terraform

    @cached_property
    def state_store(self) -> StateStore:
        return self.world.state_store

    @property
    def programs(self) -> HostPrograms:
        return self.world.programs

    def check_room(self) -> None:
        if self.world.no_room:
            raise self.world.no_room

    @cached_property
    def environments(self) -> Environments:
        return Environments(self.workspace.directory / "environments", {})

    def make_environment(self, image: Image) -> None:
        if self.world.no_environment:
            raise self.world.no_environment
        self.world.environments.append(image.name)

    def check_project(self) -> None:
        if self.world.wrong_project:
            raise self.world.wrong_project

    def build_packages(self, *, install: bool = True) -> None:
        self.world.built.append("built")

    def connect(self, region: str, endpoint_url: str | None) -> Connection:
        return self.world.connect(region, endpoint_url)

    def clients(self, region: str, endpoint_url: str | None) -> Clients:
        return self.world.clients

    def keys(self, endpoint_url: str) -> Keys:
        return self.world.keys

    def permissions_record(self, deployment: Deployment) -> Mapping[str, object] | None:
        return self.world.permissions_record

    def access(self) -> Access | None:
        return self.world.access
