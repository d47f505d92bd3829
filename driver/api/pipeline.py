"""A deployed pipeline: executed, its executions listed."""

from __future__ import annotations

import itertools
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from driver.api.execution import Execution, executions_of
from driver.api.pages import graph_page
from driver.api.session import Session
from driver.commands.context import Context
from driver.commands.fan_out import FanOutPipeline, FanOutRequest
from driver.commands.run_pipeline import RunPipeline, RunRequest, understood
from driver.commands.run_several import RunSeveral
from driver.executions.batches import End, Ended
from driver.inspection.graph.definitions import graph_of
from driver.inspection.reading import read_definition
from driver.model.exceptions import WrongUseError
from driver.model.status import StateMachineStatus, Status
from driver.model.values import DeployedPipeline
from driver.tables.reading import Reading

if TYPE_CHECKING:
    from pandas import DataFrame

Input: TypeAlias = "str | os.PathLike[str] | DataFrame"
"""An input: a file, a folder, an address `s3://…`, or a DataFrame, which becomes a CSV file."""

_Status = TypeVar("_Status", Status, StateMachineStatus)
_LONGEST = 32  # characters of a name: a job, named after it, has 63
LONGEST_OF_FAN_OUT = 25  # the number of an item follows
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")


class Pipeline:
    """A deployed pipeline; `Project.pipeline` returns it."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self._found.arn

    @property
    def title(self) -> str:
        """What its manifest calls it; its name where it says nothing."""
        return self._found.title or self.name

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters that its definition declares."""
        return list(self._found.parameter_names or ())

    @property
    def definition(self) -> dict[str, Any]:
        """The deployed definition, read from JSON."""
        with self._session.working():
            return dict(read_definition(self._session.deployed, workflow=None, pipeline=self.name)[1])

    def execute(
        self,
        input: Input | None = None,  # noqa: A002 - what the manifest calls it
        *,
        parameters: Mapping[str, object] | None = None,
        name: str | None = None,
        direct: bool = False,
        longitude_column: str = "",
        latitude_column: str = "",
        delimiter: str = "",
        encoding: str = "",
        decimal_comma: bool = False,
    ) -> Execution:
        """Check and upload an input and start an execution; returns while it runs.

        Parameters
        ----------
        input
            What its manifest says that it takes; None is the manifest's example, or nothing where the
            pipeline takes no input. Of a table all rows are checked before anything is uploaded.
        parameters
            Values by parameter. What is no text is written as JSON.
        name
            The execution's, up to 32 letters, digits and hyphens; None makes one that no other has.
        direct
            Whether to start the pipeline alone, without the state machine around it.
        longitude_column, latitude_column, delimiter, encoding, decimal_comma
            How to read a table; what is not said is recognised.

        Raises
        ------
        WrongUseError
            If the pipeline cannot be executed with this; `CoordinatesError` among them names the rows.
        """
        if name is not None:
            check_name(name)
        reading = Reading(longitude_column, latitude_column, delimiter, encoding, decimal_comma)
        words = [] if input is None else [input]
        with (
            self._session.working(),
            self._request(words, parameters, reading, direct, name or "") as request,
        ):
            context = self._session.context
            with understood(context, request) as asked:
                if len(asked.files) > 1:
                    raise WrongUseError(
                        f"{input} has {len(asked.files)} files, an execution each.",
                        "",
                        "Use execute_many, or name one file.",
                    )
                return Execution(self._session, RunPipeline(context).start(asked).arn)

    def execute_many(
        self,
        inputs: Sequence[Input],
        *,
        parameters: Mapping[str, object] | None = None,
        parallel: int | None = None,
        timeout: float | None = None,
        direct: bool = False,
        longitude_column: str = "",
        latitude_column: str = "",
        delimiter: str = "",
        encoding: str = "",
        decimal_comma: bool = False,
    ) -> list[Execution]:
        """Execute it on each of several inputs, side by side, and wait for the end of all.

        All inputs are checked before anything is uploaded. An execution that fails raises nothing: ask each
        for its `status`, or `wait` for it.

        Parameters
        ----------
        inputs
            Files, folders of files, addresses `s3://…` and DataFrames.
        parallel
            How many may run at once, 1 to 100; None is what the setting `parallel` says.
        timeout
            Seconds that each may take; None is what the setting `timeout` says. One that takes longer is
            returned while it runs.
        parameters, direct, longitude_column, latitude_column, delimiter, encoding, decimal_comma
            As of `execute`.

        Returns
        -------
        list of Execution
            One for each input, in their order; a folder has one for each of its files.

        Raises
        ------
        ExecutionFailedError
            If an execution cannot be started, once the others have ended.
        """
        if not inputs:
            return []
        context, limits = self._session.context, self._session.limits(timeout, parallel)
        reading = Reading(longitude_column, latitude_column, delimiter, encoding, decimal_comma)
        with (
            self._session.working(),
            self._request(inputs, parameters, reading, direct) as request,
            understood(context, request) as asked,
        ):
            ended = RunSeveral(context).run(
                asked, *limits, lambda one: Ended(one.file, End.SUCCEEDED, one.arn)
            )
        return executions_of(self._session, ended)

    def fan_out(
        self,
        inputs: Sequence[Input] = (),
        *,
        items: str | os.PathLike[str] = "",
        parameters: Mapping[str, object] | None = None,
        max_concurrency: int | None = None,
        tolerated_failures: str | int = "",
        batch_size: int = 1,
        name: str | None = None,
    ) -> Execution:
        """Have Step Functions execute it once for each input or item; returns while that runs.

        Parameters
        ----------
        inputs
            Files, folders of files, DataFrames, or one address `s3://…/` of a prefix, whose objects Step
            Functions lists.
        items
            A file of items, CSV or a JSON array, here or in S3; without inputs.
        parameters
            Values by parameter; a list makes an item for each of its values.
        max_concurrency
            How many items run at once; 0 is as many as AWS lets, None what the setting `parallel` says.
        tolerated_failures
            How many may fail: `5`, or `"10%"`. Where one of a batch fails, all of that batch count.
        batch_size
            How many items share a child execution, one after the other: 1 to 100.
        name
            The execution's, up to 25 letters, digits and hyphens; None makes one that no other has.

        Returns
        -------
        Execution
            `items` tells what became of each, `redrive` runs again what did not succeed.
        """
        if name is not None:
            check_name(name, LONGEST_OF_FAN_OUT)
        known = {key: value for key, value in (parameters or {}).items() if not isinstance(value, list)}
        lists = {key: value for key, value in (parameters or {}).items() if isinstance(value, list)}
        if empty := [key for key, values in lists.items() if not values]:
            raise WrongUseError(f"The list of parameter {empty[0]} is empty.", "It makes no item.")
        context = self._session.context
        asked = fan_out_request(context, items, max_concurrency, tolerated_failures, batch_size)
        with self._session.working(), self._request(inputs, known, Reading(), False, name or "") as run:
            settings = [f"{key}={_text(value)}" for key, values in lists.items() for value in values]
            arn = FanOutPipeline(context).start(replace(run, settings=settings), asked)
            return Execution(self._session, arn)

    def executions(self, status: str | None = None, limit: int = 100) -> list[Execution]:
        """List its executions, whoever started them, the newest first.

        Parameters
        ----------
        status
            Only those with this status, such as `Executing` or `Failed`; None lists all.
        limit
            At most so many.

        Raises
        ------
        WrongUseError
            If there is no such status.
        """
        asked = None if status is None else check_status(status, Status)
        with self._session.working():
            listed = self._session.deployed.connection.pipelines.executions(self._found.name)
            wanted = (one for one in listed if asked in {None, one.status})
            return [Execution(self._session, one.arn) for one in itertools.islice(wanted, limit)]

    @contextmanager
    def _request(
        self,
        inputs: Sequence[Input],
        parameters: Mapping[str, object] | None,
        reading: Reading,
        is_direct: bool,
        name: str = "",
    ) -> Iterator[RunRequest]:
        """Write what is asked for as the command has it; DataFrames are files meanwhile."""
        values = {parameter: _text(value) for parameter, value in (parameters or {}).items()}
        with tempfile.TemporaryDirectory(prefix="sagestep-") as folder:
            words = [_word(given, Path(folder, f"input-{n}.csv")) for n, given in enumerate(inputs, 1)]
            yield RunRequest(
                words, self.name, parameters=values, is_direct=is_direct, reading=reading, name=name
            )

    @property
    def _found(self) -> DeployedPipeline:
        return self._session.deployed.outputs.pipelines[self.name]

    def __repr__(self) -> str:
        return f"<Pipeline {self.name}: {self.title}>"

    def _repr_html_(self) -> str:
        return graph_page(f"Pipeline {self.name}: {self.title}", graph_of(self.name, self.definition))


def check_status(word: str, statuses: type[_Status]) -> _Status:
    """Read a status as the caller writes it; raises `WrongUseError` if there is none such."""
    known = {str(status): status for status in statuses if status.value.upper() != "UNKNOWN"}
    if word not in known:
        raise WrongUseError(f"There is no status {word!r}.", f"There are {', '.join(known)}.")
    return known[word]


def fan_out_request(
    context: Context,
    items: str | os.PathLike[str],
    max_concurrency: int | None,
    tolerated: str | int,
    batch_size: int,
) -> FanOutRequest:
    """Read what a fan-out is asked for with, as the commands' flags are read."""
    number = "" if max_concurrency is None else str(max_concurrency)
    return FanOutRequest.read(context, True, os.fspath(items), (number, str(tolerated), str(batch_size)))


def check_name(name: str, longest: int = _LONGEST) -> None:
    """Make sure that an execution may have this name; raises `WrongUseError` otherwise."""
    if not _NAME.fullmatch(name) or len(name) > longest:
        raise WrongUseError(
            f"{name!r} cannot name an execution.",
            f"A name has up to {longest} letters, digits and hyphens: jobs are named after it.",
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _word(given: Input, path: Path) -> str:
    if isinstance(given, str | os.PathLike):
        return os.fspath(given)
    given.to_csv(path, index=False)
    return str(path)
