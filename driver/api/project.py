"""A project: what is deployed of it, and its executions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driver.api.endpoint import Endpoint
from driver.api.execution import Execution
from driver.api.pages import project_page
from driver.api.pipeline import Pipeline
from driver.api.reading import read_logs
from driver.api.session import OnProgress, Session, silent
from driver.api.values import LogEvent
from driver.api.workflow import Workflow
from driver.commands.context import Context
from driver.commands.logs import LogRequest
from driver.executions.endpoints import choose_endpoint
from driver.model.exceptions import NotDeployedError
from driver.settings.project import Project as ProjectFolder
from driver.settings.settings import Settings


class Project:
    """A project as `invoke up` has deployed it.

    Nothing is asked of AWS before it is needed. What Terraform made is read once: after another `invoke up`
    make a new object.

    Parameters
    ----------
    folder
        A folder of the project; None is the current one. A folder within a project means the project.
    target
        `local`, `localstack` or `aws`; None is what SAGESTEP_TARGET or sagestep.toml says, else `local`.
    env
        The environment, a table of sagestep.toml; None is what SAGESTEP_ENV says, else none.
    environ
        Environment variables from which settings are read in place of the process's.
        boto3 reads its own, such as AWS_PROFILE, from the process.
    on_progress
        Called with each line that `invoke` would print, such as `print`; None for nobody.

    Raises
    ------
    WrongUseError
        If there is no project, or a setting cannot be used.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        target: str | None = None,
        env: str | None = None,
        environ: Mapping[str, str] | None = None,
        on_progress: OnProgress = None,
    ) -> None:
        place = ProjectFolder.find(Path(folder or ".").expanduser().absolute()).folder
        variables = os.environ if environ is None else environ
        settings = Settings.resolve(place, {"target": target, "env": env}, variables)
        self._session = Session(Context(settings, silent(on_progress), variables))

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._session.context.settings.project.folder

    @property
    def target(self) -> str:
        """Where it is deployed to: `local`, `localstack` or `aws`."""
        return str(self._session.context.settings.target)

    @property
    def pipelines(self) -> list[Pipeline]:
        """The deployed pipelines, by name."""
        with self._session.working():
            return [Pipeline(self._session, name) for name in self._session.deployed.outputs.pipelines]

    def pipeline(self, name: str | None = None) -> Pipeline:
        """Return a pipeline; None is the default one.

        Raises
        ------
        WrongUseError
            If there is none of that name.
        """
        with self._session.working():
            return Pipeline(self._session, self._session.deployed.pipeline(name)[0])

    @property
    def workflows(self) -> list[Workflow]:
        """The deployed workflows, by name."""
        with self._session.working():
            return [Workflow(self._session, name) for name in self._session.deployed.outputs.workflows]

    def workflow(self, name: str) -> Workflow:
        """Return a workflow, such as `train`.

        Raises
        ------
        WrongUseError
            If there is none of that name.
        """
        with self._session.working():
            self._session.deployed.workflow(name)
            return Workflow(self._session, name.replace("-", "_"))

    def executions(self, limit: int = 20) -> list[Execution]:
        """List the newest executions of all pipelines and workflows, the newest first."""
        with self._session.working():
            return [Execution(self._session, one.arn) for one in self._session.deployed.recent(limit)]

    def execution(self, name: str | None = None) -> Execution:
        """Return an execution by its ARN or by what `invoke executions` calls it; None is the newest.

        Raises
        ------
        WrongUseError
            If it names no execution of this deployment, or nothing was ever started.
        """
        with self._session.working():
            return Execution(self._session, self._session.deployed.find(name))

    def endpoints(self) -> list[Endpoint]:
        """List the endpoints that workflows have deployed, by name."""
        with self._session.working():
            deployed = self._session.deployed
            found = deployed.connection.hosting.endpoints(f"{deployed.outputs.name_prefix}-")
            return [Endpoint(self._session, one.name) for one in found]

    def endpoint(self, name: str | None = None) -> Endpoint:
        """Return an endpoint; None is the only one there is.

        Raises
        ------
        NotDeployedError
            If there is none.
        WrongUseError
            If there are several and none is named.
        """
        with self._session.working():
            return Endpoint(self._session, choose_endpoint(self._session.deployed, name).name)

    def logs(
        self, *, function: str = "", job: str = "", since: str = "", errors: bool = False, limit: int = 1000
    ) -> list[LogEvent]:
        """Read the logs of a function or of a job of SageMaker; see `Execution.logs` for an execution's.

        Parameters
        ----------
        function, job
            Its name; one of the two.
        since
            From when on: a span such as `90s`, `10m`, `2h` or `3d`, or a time of ISO 8601. Empty means all of
            a job, and the last hour of a function.
        errors
            Only errors, each after the lines of its stream that led to it.
        limit
            At most so many, the newest.
        """
        request = LogRequest(function=function, job=job, since=since, errors=errors, limit=limit)
        with self._session.working():
            return read_logs(self._session, request)

    @property
    def outputs(self) -> dict[str, Any]:
        """Terraform's outputs, those of the project's own configuration too."""
        with self._session.working():
            return dict(self._session.context.workspace.all_outputs())

    def __repr__(self) -> str:
        return f"<Project {self.folder}, target {self.target}>"

    def _repr_html_(self) -> str:
        try:
            pipelines, workflows = self.pipelines, self.workflows
            with self._session.working():
                deployed = self._session.deployed
                executions = deployed.recent(5)
        except NotDeployedError as error:
            return project_page(repr(self), (), str(error))
        rows = [("Pipelines", ", ".join(one.name for one in pipelines))]
        rows.append(("Workflows", ", ".join(one.name for one in workflows)))
        rows += [
            (f"Execution {deployed.short_name(one.arn)}", f"{one.status}, {one.started:%Y-%m-%d %H:%M:%S}")
            for one in executions
        ]
        return project_page(repr(self), rows)
