"""A deployed workflow: executed, its executions listed."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from driver.api.execution import Execution, executions_of
from driver.api.pages import graph_page
from driver.api.pipeline import LONGEST_OF_FAN_OUT, check_name, check_status, fan_out_request
from driver.api.session import Session
from driver.commands.fan_out import FanOutWorkflow
from driver.commands.run_several import RunSeveral
from driver.commands.run_workflow import RunWorkflow
from driver.executions.batch_work import BatchWork
from driver.executions.batches import End, Ended
from driver.executions.input_files import InputFile
from driver.executions.starting import Started
from driver.executions.workflow.inputs import check_inputs
from driver.executions.workflow.schema import WorkflowSchema
from driver.inspection.graph.definitions import graph_of
from driver.inspection.reading import read_definition
from driver.model.status import StateMachineStatus

_NOWHERE = ("", "")


class Workflow:
    """A deployed workflow; `Project.workflow` returns it."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    @property
    def arn(self) -> str:
        """The ARN of its state machine."""
        return self._session.deployed.workflow(self.name).state_machine_arn

    @property
    def title(self) -> str:
        """What it does, in a few words."""
        return self._schema.title

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of its inputs; a copy."""
        return dict(json.loads(json.dumps(self._schema.document)))

    @property
    def definition(self) -> dict[str, Any]:
        """The deployed definition, in Amazon States Language, read from JSON."""
        with self._session.working():
            return dict(read_definition(self._session.deployed, workflow=self.name)[1])

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        *,
        data: str | os.PathLike[str] | None = None,
        name: str | None = None,
    ) -> Execution:
        """Check the inputs and start an execution; returns while it runs.

        Parameters
        ----------
        inputs
            Values by name, as `schema` has them; what is left out takes its default.
        data
            A file that is uploaded as the workflow's data. Where neither this nor `inputs` names data, the
            sample data is.
        name
            The execution's, up to 32 letters, digits and hyphens; None makes one that no other has.

        Raises
        ------
        WorkflowInputError
            If the inputs do not fit the schema; it names each wrong one, and what was expected.
        WrongUseError
            If the name cannot be one.
        """
        if name is not None:
            check_name(name)
        with self._session.working():
            file = Path(data).expanduser() if data is not None else None
            return Execution(self._session, self._start(inputs or {}, file, name or ""))

    def execute_many(
        self,
        inputs: Sequence[Mapping[str, Any]],
        *,
        parallel: int | None = None,
        timeout: float | None = None,
    ) -> list[Execution]:
        """Execute it with each of several inputs, side by side, and wait for the end of all.

        All inputs are checked before an execution is started. One that fails raises nothing: ask each for its
        `status`, or `wait` for it.

        Parameters
        ----------
        parallel
            How many may run at once, 1 to 100; None is what the setting `parallel` says.
        timeout
            Seconds that each may take; None is what the setting `timeout` says. One that takes longer is
            returned while it runs.

        Returns
        -------
        list of Execution
            One for each input, in their order.

        Raises
        ------
        WorkflowInputError
            If an input does not fit the schema.
        ExecutionFailedError
            If an execution cannot be started, once the others have ended.
        """
        for given in inputs:
            check_inputs(given, self._schema)
        if not inputs:
            return []
        seconds, at_once = self._session.limits(timeout, parallel)
        files = {f"input {number}": given for number, given in enumerate(inputs, 1)}
        deployed = self._session.deployed
        work = BatchWork(
            deployed.connection.waiter.clock,
            [InputFile(name, Path(name)) for name in files],
            begin=lambda file: Started(self._start(files[file.name]), _NOWHERE),
            running=lambda: deployed.executions_of(self.name),
            finish=lambda one: Ended(one.file, End.SUCCEEDED, one.arn),
            timeout=seconds,
            parallel=at_once,
        )
        with self._session.working():
            return executions_of(self._session, RunSeveral(self._session.context).wait(work))

    def fan_out(
        self,
        items: Sequence[Mapping[str, Any]] | str | os.PathLike[str],
        *,
        inputs: Mapping[str, Any] | None = None,
        max_concurrency: int | None = None,
        tolerated_failures: str | int = "",
        batch_size: int = 1,
        name: str | None = None,
    ) -> Execution:
        """Have Step Functions execute it once for each item; returns while that runs.

        Parameters
        ----------
        items
            Inputs of each execution, or a file of them: a table or a JSON array here, a JSON array in S3.
        inputs
            Inputs of all executions, which those of an item replace.
        max_concurrency, tolerated_failures, batch_size, name
            As of `Pipeline.fan_out`.

        Returns
        -------
        Execution
            `items` tells what became of each, `redrive` runs again what did not succeed.

        Raises
        ------
        WorkflowInputError
            If the inputs of an item do not fit the schema.
        """
        if name is not None:
            check_name(name, LONGEST_OF_FAN_OUT)
        with self._session.working(), tempfile.TemporaryDirectory(prefix="sagestep-") as folder:
            file = items if isinstance(items, str | os.PathLike) else _written(items, Path(folder))
            context = self._session.context
            asked = fan_out_request(context, file, max_concurrency, tolerated_failures, batch_size)
            command = FanOutWorkflow(context)
            return Execution(self._session, command.start(self.name, inputs or {}, [], asked, name or ""))

    def execution(self, name: str) -> Execution:
        """Return an execution by its name or ARN; whether it exists is not asked."""
        whole = name if name.startswith("arn:") else f"{self.name}/{name.rpartition('/')[2]}"
        return Execution(self._session, self._session.deployed.find(whole))

    def executions(self, status: str | None = None, limit: int = 100) -> list[Execution]:
        """List its executions, the newest first.

        Parameters
        ----------
        status
            Only those with this status, such as `RUNNING`; None lists all.
        limit
            At most so many.

        Raises
        ------
        WrongUseError
            If there is no such status.
        """
        wanted = None if status is None else check_status(status, StateMachineStatus)
        with self._session.working():
            listed = self._session.deployed.executions_of(self.name, wanted)
            return [Execution(self._session, one.arn) for one in itertools.islice(listed, limit)]

    def _start(self, inputs: Mapping[str, Any], data: Path | None = None, name: str = "") -> str:
        command = RunWorkflow(self._session.context)
        return command.start(self._schema, inputs, data=data, name=name)

    @cached_property
    def _schema(self) -> WorkflowSchema:
        with self._session.working():
            return RunWorkflow(self._session.context).schema(self.name)

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {self.title}>"

    def _repr_html_(self) -> str:
        return graph_page(f"Workflow {self.name}: {self.title}", graph_of(self.name, self.definition))


def _written(items: Sequence[Mapping[str, Any]], folder: Path) -> Path:
    path = folder / "items.json"
    path.write_text(json.dumps(list(items)), "utf-8")
    return path
