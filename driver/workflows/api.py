"""Workflows from Python, in a notebook or a program.

>>> from driver import Workflow
>>> train = Workflow.attach("train")  # doctest: +SKIP
>>> execution = train.execute({"hyperparameters": {"max-depth": "4"}})  # doctest: +SKIP
>>> execution.output()["ModelArtifacts"]["S3ModelArtifacts"]  # doctest: +SKIP

Whatever goes wrong is a `driver.exceptions.SagestepError`, which says what happened, why, and what to do.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driver.commands.deployed import Deployed
from driver.commands.run_workflow import upload_sample
from driver.commands.starting import run_name
from driver.exceptions import WrongUseError
from driver.status import StateMachineStatus
from driver.workflows.execution import Execution, explained
from driver.workflows.inputs import check_inputs
from driver.workflows.schema import WorkflowSchema, read_schema

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")  # a job, named after it, has 63 characters


class Workflow:
    """A deployed workflow; get one with `Workflow.attach`.

    Parameters
    ----------
    deployed
        The deployment.
    schema
        What the workflow takes.
    resources
        The project's folder with the sample data.
    """

    def __init__(self, deployed: Deployed, schema: WorkflowSchema, resources: Path) -> None:
        self._deployed = deployed
        self._schema = schema
        self._resources = resources

    @classmethod
    def attach(cls, name: str, *, target: str | None = None) -> Workflow:
        """Find a workflow of a deployment that `invoke up` has made.

        Parameters
        ----------
        name
            One of those that `invoke workflows` lists, such as `train`.
        target
            `local`, `localstack` or `aws`; None is what SAGESTEP_TARGET says, else `local`.

        Raises
        ------
        WrongUseError
            If there is no workflow or no target of that name.
        NotDeployedError
            If nothing is deployed to the target.
        """
        from driver.config import Settings  # noqa: PLC0415 - the command line is not needed for the rest
        from driver.console import Console  # noqa: PLC0415
        from driver.factory import Driver  # noqa: PLC0415
        from driver.parts import PROJECT  # noqa: PLC0415

        settings = Settings.resolve(PROJECT, {"target": target}, os.environ)
        driver = Driver(settings, Console(out=io.StringIO()))
        with explained():
            deployed = driver.open()
        deployed.workflow(name)
        resources = PROJECT / "resources"
        schema = read_schema(resources / "workflows", name.replace("-", "_"), driver.all_outputs())
        return cls(deployed, schema, resources)

    @property
    def name(self) -> str:
        """What it is called."""
        return self._schema.name

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of its inputs; a copy."""
        return dict(json.loads(json.dumps(self._schema.document)))

    def execute(self, inputs: Mapping[str, Any] | None = None, *, name: str | None = None) -> Execution:
        """Start an execution.

        Parameters
        ----------
        inputs
            Values by name, as `schema` has them; what is left out takes its default. The sample data is
            uploaded if it is the default that is used.
        name
            The execution's, up to 32 letters, digits and hyphens; None makes one that no other has.

        Returns
        -------
        Execution
            It runs.

        Raises
        ------
        WorkflowInputError
            If the inputs do not fit the schema; it names each wrong one, and what was expected.
        WrongUseError
            If the name cannot be one.
        """
        given = dict(inputs or {})
        check_inputs(given, self._schema)
        chosen = run_name(datetime.now(UTC), secrets.token_hex(3)) if name is None else name
        if not _NAME.fullmatch(chosen):
            raise WrongUseError(f"{chosen!r} cannot name an execution.", "Jobs are named after it.")
        with explained():
            if self._schema.sample_field and self._schema.sample_field not in given:
                upload_sample(self._deployed, self._resources)
            machine = self._deployed.workflow(self.name).state_machine_arn
            arn = self._deployed.connection.state_machines.start(machine, chosen, given)
        return Execution(self._deployed, arn)

    def execution(self, name: str) -> Execution:
        """Find an execution that somebody started, by its name or ARN; whether there is one is not asked."""
        whole = name if name.startswith("arn:") else f"{self.name}/{name.rpartition('/')[2]}"
        return Execution(self._deployed, self._deployed.find(whole))

    def executions(self, status: str | None = None, limit: int = 100) -> list[Execution]:
        """List executions, the newest first.

        Parameters
        ----------
        status
            Those alone that stand so, such as `RUNNING`; None lists all.
        limit
            At most so many.

        Raises
        ------
        WrongUseError
            If there is no such status.
        """
        wanted = None if status is None else StateMachineStatus.parse(status)
        if wanted is StateMachineStatus.UNKNOWN:
            known = ", ".join(word for word in StateMachineStatus if word is not StateMachineStatus.UNKNOWN)
            raise WrongUseError(f"There is no status {status!r}.", f"There are {known}.")
        with explained():
            listed = itertools.islice(self._deployed.executions_of(self.name, wanted), limit)
            return [Execution(self._deployed, found.arn) for found in listed]

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {self._schema.title}>"
