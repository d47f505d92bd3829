"""The plugin of pytest: a local cloud, and a project deployed to it, as fixtures of a test session.

Installing sagestep registers it (entry point `pytest11`). pytest imports this file whatever is tested: all
else is imported by the fixtures.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from driver.api.project import Project
    from driver.aws.clients import Clients
    from driver.commands.context import Context

# ruff: noqa: PLC0415

_FOLDER = "--sagestep-project"
_NO_SNAPSHOT = "--sagestep-no-snapshot"
_FIRST_PORT = 20566  # far from 4566, where the user's own cloud is
_PORTS_OF_A_WORKER = 100  # pytest-xdist starts several processes at once


class LocalCloud:
    """A running local cloud, with a port, a key and a state of its own.

    - `folder`: the project that its settings and images are of.
    - `environment`: variables with which a command of `invoke` works on this cloud.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], context: Context) -> None:
        self.folder = folder
        self.environment = environment
        self._context = context

    @cached_property
    def endpoint_url(self) -> str:
        """Where it answers."""
        return str(self._context.target.address()[1])

    @property
    def region(self) -> str:
        """The region of the project."""
        return self._context.region

    def client(self, service: str) -> Any:
        """Return a client of boto3, such as that of `s3`; it has the endpoint, the region and the key."""
        return self._clients.make(service)

    @cached_property
    def _clients(self) -> Clients:
        return self._context.clients(self.region, self.endpoint_url)


class DeployedProject:
    """A project that is deployed to a local cloud."""

    def __init__(self, cloud: LocalCloud, context: Context) -> None:
        self.cloud = cloud
        self._context = context

    def client(self, service: str) -> Any:
        """Return a client of boto3 for the cloud that it is deployed to."""
        return self.cloud.client(service)

    def invoke(self, *words: str, expect: int = 0) -> str:
        """Run a command, such as `invoke("run-pipeline", "--pipeline", "churn")`; returns what it prints.

        `expect`: the exit code that it has to end with; the test fails with all that it printed otherwise.
        """
        return _invoke(self.cloud, *words, expect=expect)

    @cached_property
    def project(self) -> Project:
        """The project's pipelines and workflows, to be executed from Python (docs/python.md)."""
        from driver.api.project import Project

        return Project(self.cloud.folder, environ=self.cloud.environment)

    @property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs, such as `bucket_name`, `pipelines` and `functions`."""
        return self._context.workspace.all_outputs()

    @property
    def results(self) -> list[Path]:
        """The files that `run-pipeline` fetched as results, the newest first."""
        return self._context.workspace.runs()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.getgroup("sagestep").addoption(
        _FOLDER,
        metavar="FOLDER",
        help="project that the fixtures local_cloud and deployed are of (default: that of pytest's rootdir)",
    )
    parser.getgroup("sagestep").addoption(
        _NO_SNAPSHOT,
        action="store_true",
        help="let the fixture deployed run `invoke up`, even if a snapshot of the same deployment is there",
    )


@pytest.fixture(scope="session")
def _sagestep(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalCloud, Context]]:
    """Settle where the session's local cloud runs, and stop it at the end."""
    from driver.model.exceptions import SagestepError

    try:
        cloud, context = _prepare(pytestconfig, tmp_path_factory.mktemp("sagestep"))
    except SagestepError as error:
        pytest.fail(str(error), pytrace=False)
    yield cloud, context
    context.local_cloud.stop()


@pytest.fixture(scope="session")
def local_cloud(_sagestep: tuple[LocalCloud, Context]) -> LocalCloud:
    """Start a local cloud for the session, with nothing in it; boto3: local_cloud.client("s3")."""
    from driver.model.exceptions import SagestepError

    cloud, context = _sagestep
    try:
        if context.local_cloud.find_process() is None:
            context.write_images()
            port = context.settings.port
            assert port is not None
            context.local_cloud.check(port)
            context.target.start()
    except SagestepError as error:
        pytest.fail(str(error), pytrace=False)
    return cloud


@pytest.fixture(scope="session")
def deployed(_sagestep: tuple[LocalCloud, Context], pytestconfig: pytest.Config) -> DeployedProject:
    """Deploy the project for the session: from a snapshot if nothing has changed, else with `invoke up`.

    A local cloud that runs already, for `local_cloud`, keeps what tests have put into it: `invoke up` then.
    """
    from driver.commands.cached_snapshots import CachedSnapshots
    from driver.model.exceptions import SagestepError

    cloud, context = _sagestep
    is_cached = context.local_cloud.find_process() is None and not pytestconfig.getoption(_NO_SNAPSHOT)
    try:
        snapshots = CachedSnapshots(context) if is_cached else None
        if not (snapshots and snapshots.start()):
            _invoke(cloud, "up", "--yes")
            if snapshots:
                snapshots.keep()
    except SagestepError as error:
        pytest.fail(str(error), pytrace=False)
    return DeployedProject(cloud, context)


def _prepare(config: pytest.Config, home: Path) -> tuple[LocalCloud, Context]:
    """Settle where a cloud is to run, and for which project."""
    from driver.commands.context import Context
    from driver.host.console import Console
    from driver.settings.project import Project as ProjectFolder
    from driver.settings.settings import Settings

    named = config.getoption(_FOLDER)
    if named:
        folder = ProjectFolder((config.invocation_params.dir / named).resolve()).checked().folder
    else:
        folder = ProjectFolder.find(config.rootpath).folder
    environment = {name: text for name, text in os.environ.items() if name != "SAGESTEP_ENV"}
    environment |= {"SAGESTEP_HOME": str(home), "SAGESTEP_TARGET": "local"}
    console = Console(out=io.StringIO(), err=io.StringIO())
    first = Context(Settings.resolve(folder, {}, environment), console, environment)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    port = first.local_cloud.free_port(_FIRST_PORT + _PORTS_OF_A_WORKER * int(worker))
    environment["SAGESTEP_PORT"] = str(port)
    context = Context(Settings.resolve(folder, {}, environment), console, environment)
    return LocalCloud(folder, environment, context), context


def _invoke(cloud: LocalCloud, *words: str, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=cloud.folder,
        env=dict(cloud.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != expect:
        said = f"`invoke {' '.join(words)}` ended with exit code {done.returncode}, not {expect}:"
        pytest.fail(f"{said}\n{done.stdout}", pytrace=False)
    return done.stdout
