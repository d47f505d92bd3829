"""Workflows from Python, in a notebook or a program.

>>> from driver import Workflow
>>> train = Workflow.attach("train")  # doctest: +SKIP
>>> execution = train.execute({"hyperparameters": {"max-depth": "4"}})  # doctest: +SKIP
>>> execution.output()["ModelArtifacts"]["S3ModelArtifacts"]  # doctest: +SKIP

Every error is a `driver.model.exceptions.SagestepError`, which says what happened, why, and what to do.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from driver.aws.errors import explain_aws_error
from driver.aws.history import HistoryEvent
from driver.executions.deployed import Deployed
from driver.executions.last_lines import last_lines
from driver.executions.readers import StateMachineReader
from driver.executions.starting import run_name, upload_sample
from driver.executions.trace import Outcome
from driver.executions.watching import Watch
from driver.executions.workflow.inputs import check_inputs
from driver.executions.workflow.runs import describe_end
from driver.executions.workflow.schema import WorkflowSchema, read_schema
from driver.model.exceptions import DeadlineExceededError, ExecutionFailedError, WrongUseError
from driver.model.status import StateMachineStatus

_DAY = 86400.0  # seconds


@dataclass(frozen=True, slots=True)
class Description:
    """How an execution stands."""

    name: str
    arn: str
    status: str  # AWS's: RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED or PENDING_REDRIVE
    started: datetime | None  # aware
    ended: datetime | None
    output: Any  # read from JSON; None unless it succeeded
    reason: str  # why it did not succeed, in lines; empty otherwise


class Execution:
    """An execution of a workflow; get one with `Workflow.execute`, `execution` or `executions`."""

    def __init__(self, deployed: Deployed, arn: str) -> None:
        self._deployed = deployed
        self.arn = arn
        self.name = arn.rpartition(":")[2]

    def describe(self) -> Description:
        """Describe how it stands.

        Raises
        ------
        WrongUseError
            If there is no such execution.
        """
        trace = self._read().trace()
        has_failed = trace.outcome not in {Outcome.RUNNING, Outcome.SUCCEEDED}
        return Description(
            name=self.name,
            arn=self.arn,
            status=str(trace.status),
            started=trace.started,
            ended=trace.ended,
            output=json.loads(trace.output) if trace.output else None,
            reason=describe_end(trace) if has_failed else "",
        )

    def events(self) -> list[HistoryEvent]:
        """Return its history so far, the oldest event first.

        Returns
        -------
        list of HistoryEvent
            Each has `id`, `previous`, `type`, `time` and `details`, a dict of what AWS tells of that type.

        Raises
        ------
        WrongUseError
            If there is no such execution.
        """
        return self._read().events

    def output(self, *, wait: bool = True, timeout: float = _DAY) -> Any:
        """Return its output, read from JSON; None if it still runs and `wait` is false.

        Parameters
        ----------
        wait
            Whether to wait for its end.
        timeout
            Seconds to wait at most.

        Raises
        ------
        ExecutionFailedError
            If it did not succeed; it names the states that failed, and why.
        DeadlineExceededError
            If it still runs after that time.
        """
        watch, waiter = Watch(self._deployed, self.arn), self._deployed.connection.waiter
        with explained():
            waiter.wait_for(watch.look, lambda seen: seen.has_ended, timeout if wait else 0)
        trace = watch.trace()
        if trace.outcome is Outcome.RUNNING:
            if not wait:
                return None
            raise DeadlineExceededError(f"Execution {self.name} did not end within {timeout:g} seconds.")
        if trace.outcome is not Outcome.SUCCEEDED:
            with explained():
                why = "\n".join([describe_end(trace), *last_lines(self._deployed, trace)])
            raise ExecutionFailedError(f"Execution {self.name} ended {trace.status}.", why)
        return json.loads(trace.output or "null")

    def stop(self) -> None:
        """Stop it, and the job it waits for; nothing happens if it has ended."""
        with explained():
            self._deployed.connection.state_machines.stop(self.arn)

    def _read(self) -> StateMachineReader:
        """Read the whole history, a page a second."""
        reader = StateMachineReader(self._deployed, self.arn)
        with explained():
            self._deployed.connection.waiter.wait_for(reader.ask, lambda _: not reader.unread, _DAY)
        return reader

    def __repr__(self) -> str:
        return f"<Execution {self._deployed.short_name(self.arn)}>"


@contextmanager
def explained() -> Iterator[None]:
    """Turn AWS's errors into the driver's."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise (explain_aws_error(error) or error) from error


_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")  # a job, named after it, has 63 characters


class Workflow:
    """A deployed workflow; get one with `Workflow.attach`."""

    def __init__(self, deployed: Deployed, schema: WorkflowSchema, resources: Path) -> None:
        self._deployed = deployed
        self._schema = schema
        self._resources = resources

    @classmethod
    def attach(cls, name: str, *, target: str | None = None) -> Workflow:
        """Find a workflow of a deployment that `invoke up` made.

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
        from driver.commands.context import Context  # noqa: PLC0415
        from driver.host.console import Console  # noqa: PLC0415
        from driver.settings.project import Project  # noqa: PLC0415
        from driver.settings.settings import Settings  # noqa: PLC0415 - the command line is not needed for the rest

        settings = Settings.resolve(Project.find(Path.cwd()).folder, {"target": target}, os.environ)
        context = Context(settings, Console(out=io.StringIO()))
        with explained():
            deployed = context.deployed
        deployed.workflow(name)
        folder, outputs = context.resources / "workflows", context.workspace.all_outputs()
        return cls(deployed, read_schema(folder, name.replace("-", "_"), outputs), context.resources)

    @property
    def name(self) -> str:
        """The workflow's name."""
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
        """Give an execution by its name or ARN; whether it exists is not asked."""
        whole = name if name.startswith("arn:") else f"{self.name}/{name.rpartition('/')[2]}"
        return Execution(self._deployed, self._deployed.find(whole))

    def executions(self, status: str | None = None, limit: int = 100) -> list[Execution]:
        """List executions, the newest first.

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
        wanted = None if status is None else StateMachineStatus.parse(status)
        if wanted is StateMachineStatus.UNKNOWN:
            known = ", ".join(word for word in StateMachineStatus if word is not StateMachineStatus.UNKNOWN)
            raise WrongUseError(f"There is no status {status!r}.", f"There are {known}.")
        with explained():
            listed = itertools.islice(self._deployed.executions_of(self.name, wanted), limit)
            return [Execution(self._deployed, found.arn) for found in listed]

    def __repr__(self) -> str:
        return f"<Workflow {self.name}: {self._schema.title}>"
