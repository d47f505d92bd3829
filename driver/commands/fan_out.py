"""`--fan-out` of `invoke run-pipeline` and `invoke run`, and `invoke redrive`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from driver.commands.context import Command, Context
from driver.commands.run_pipeline import RunRequest, asked_inputs
from driver.commands.run_workflow import RunWorkflow
from driver.executions.deployed import Deployed
from driver.executions.fan_out.following import follow_fan_out
from driver.executions.fan_out.items import INPUT, Item, check_items, read_items, values_of
from driver.executions.fan_out.order import (
    MOST_IN_BATCH,
    Limits,
    ReaderKind,
    Target,
    execution_input,
    remote_items,
    split_settings,
)
from driver.executions.fan_out.results import finish_fan_out
from driver.executions.input_files import is_remote
from driver.executions.names import Kind
from driver.executions.parameters import (
    check_settings,
    check_values,
    output_place,
    read_settings,
    takes_input,
)
from driver.executions.pipeline_inputs import InputKind, input_kind
from driver.executions.preparing import prepared
from driver.executions.starting import UPLOADS, new_name, upload, upload_sample
from driver.executions.workflow.inputs import check_inputs, read_inputs, set_inputs
from driver.host.wording import counted
from driver.manifests.parameters import declared
from driver.model.exceptions import WrongUseError
from driver.model.values import DeployedPipeline
from driver.settings.options import whole_number
from driver.tables.reading import Reading

_AT_ONCE = 8  # uploads
_UPLOADED = "items.json"


@dataclass(frozen=True, slots=True)
class FanOutRequest:
    """What to fan out.

    `items` is a file of items, here or in S3; empty where inputs or lists of `--set` say them. `tolerated`
    is a number of items or a percentage, as typed.
    """

    items: str = ""
    max_concurrency: int = 4
    tolerated: str = ""
    batch_size: int = 1

    @classmethod
    def read(
        cls, context: Context, is_asked: bool, items: str, limits: tuple[str, str, str]
    ) -> FanOutRequest:
        """Read the flags; raises `WrongUseError` if one is given without a fan-out.

        `limits`: --max-concurrency, --tolerated-failures and --batch-size, as typed.
        """
        max_concurrency, tolerated, batch_size = limits
        if not (is_asked or items):
            raise WrongUseError(
                "--max-concurrency, --tolerated-failures and --batch-size are for fan-outs.",
                "",
                "Add --fan-out.",
            )
        return cls(
            items,
            whole_number(max_concurrency, "--max-concurrency", lowest=0)
            if max_concurrency
            else context.settings.parallel,
            tolerated,
            whole_number(batch_size or "1", "--batch-size", lowest=1, highest=MOST_IN_BATCH),
        )

    @property
    def limits(self) -> Limits:
        """What the fan-out heeds; raises `WrongUseError` if `tolerated` is no number of items."""
        return Limits.read(self.max_concurrency, self.tolerated, self.batch_size)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the items of a fan-out are: a prefix or a file of the bucket."""

    reader: ReaderKind
    key: str


class FanOutPipeline(Command):
    """Executes a pipeline once for each item."""

    def __call__(self, run: RunRequest, request: FanOutRequest, timeout: float) -> None:
        """Check and upload the items, start the fan-out, follow it and show what became of each item."""
        arn = self.start(run, request)
        _end(self, arn, timeout)

    def start(self, run: RunRequest, request: FanOutRequest) -> str:
        """Check and upload the items and start the fan-out; returns the execution's ARN."""
        deployed = self.deployed
        refuse("--direct", run.is_direct)
        refuse("--input beside --items", bool(run.inputs and request.items))
        limits = request.limits
        once, lists = split_settings(run.settings)
        name, pipeline = deployed.pipeline(run.pipeline)
        names = pipeline.parameter_names
        settings = check_settings(name, names, {**run.parameters, **read_settings(once)})
        for chosen in lists:
            check_settings(name, names, chosen)
        if not (request.items or run.inputs or lists or takes_input(pipeline)):
            raise _one_item("A pipeline that takes no input")
        run_name = run.name or new_name()
        deployed.fan_out_arn()  # before anything is uploaded
        parameters = declared(deployed.connection.pipelines.definition(pipeline.name))
        values = {**pipeline.parameters, **settings}
        check_values(
            name,
            parameters,
            [{**values, **chosen} for chosen in lists or [{}]],
            by_state_machine=True,
            is_complete=not request.items,
        )
        source = self._remote(run, request, lists, name, pipeline)
        if source is None:
            with self._items(replace(run, settings=once), request, run_name, pipeline) as found:
                items = [{**item, **chosen} for item, chosen in itertools.product(found, lists or [{}])]
                check_items(items, name, pipeline, settings)
                check_values(
                    name, parameters, [{**values, **values_of(item)} for item in items], by_state_machine=True
                )
                source = _put(self.context, run_name, items)
        target = Target(deployed.state_machine_arn(), name, values)
        return _start(self.context, run_name, source, target, limits)

    def _remote(
        self,
        run: RunRequest,
        request: FanOutRequest,
        lists: Sequence[Mapping[str, str]],
        name: str,
        pipeline: DeployedPipeline,
    ) -> Source | None:
        """Find items that the state machine itself reads: below a prefix, or in a file in S3."""
        words = [request.items] if request.items else list(run.inputs)
        if not (len(words) == 1 and is_remote(words[0]) and (request.items or words[0].endswith("/"))):
            return None
        refuse("how to read a table of items in S3", run.reading != Reading())
        if lists:
            raise WrongUseError(
                "Lists of --set and items in S3 do not go together.",
                "The items are read by the state machine, one execution each.",
                "Put the parameters into a file of items.",
            )
        if not request.items and input_kind(pipeline) in {InputKind.FOLDER, InputKind.NONE}:
            raise WrongUseError(
                f"The objects below {words[0]} are no inputs of pipeline {name}.",
                f"Its input is: {input_kind(pipeline)}.",
                "Name the inputs one by one, or in a file of items with --items.",
            )
        return Source(*_read_by_machine(self.context, words[0]))

    @contextmanager
    def _items(
        self, run: RunRequest, request: FanOutRequest, run_name: str, pipeline: DeployedPipeline
    ) -> Iterator[Sequence[Item]]:
        """Find the items on this machine; inputs are uploaded."""
        if request.items:
            plain = replace(run.reading, delimiter="", encoding="")
            refuse("columns or --decimal-comma beside --items", plain != Reading())
            yield read_items(Path(request.items).expanduser(), run.reading, self.console.news)
            return
        if not run.inputs and not takes_input(pipeline):
            yield [{}]
            return
        quiet, deployed = self.console.hushed(), self.deployed
        with (
            asked_inputs(self.context, run) as files,
            prepared(files, run.reading.checked(), pipeline, self.console) as ready,
        ):
            self.console.news(f"Uploading {counted(len(ready), 'input')}")
            with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
                uris = threads.map(
                    lambda one: upload(deployed, f"{run_name}/{one[0]}", one[1].file, quiet), enumerate(ready)
                )
                yield [{INPUT: uri} for uri in uris]


class FanOutWorkflow(Command):
    """Executes a workflow once for each item."""

    def __call__(
        self, workflow: str, inputs: str, settings: Sequence[str], request: FanOutRequest, timeout: float
    ) -> None:
        """Check and upload the items, start the fan-out, follow it and show what became of each item."""
        _end(self, self.start(workflow, read_inputs(inputs), settings, request), timeout)

    def start(
        self,
        workflow: str,
        inputs: Mapping[str, object],
        settings: Sequence[str],
        request: FanOutRequest,
        name: str = "",
    ) -> str:
        """Check and upload the items and start the fan-out; returns the execution's ARN."""
        if not request.items and not split_settings(settings)[1]:
            raise _one_item("A workflow")
        deployed = self.deployed
        if not workflow:
            raise WrongUseError(
                "No workflow is named.", "", "Name one with --workflow; see `invoke workflows`."
            )
        limits = request.limits
        once, lists = split_settings(settings)
        schema = RunWorkflow(self.context).schema(workflow)
        given = set_inputs(inputs, once, schema)
        run_name = name or new_name()
        deployed.fan_out_arn()  # before anything is uploaded
        if is_remote(request.items):
            source = Source(*_read_by_machine(self.context, request.items))
            if source.reader is not ReaderKind.MEMBERS or lists:
                raise WrongUseError(
                    f"{request.items} has no inputs of a workflow.",
                    "From S3 a workflow's items are one JSON array, without lists of --set.",
                )
        else:
            path, tell = Path(request.items).expanduser(), self.console.news
            found: Sequence[Item] = read_items(path, tell=tell) if request.items else [{}]
            items = [
                set_inputs(
                    {}, [f"{name}={_text(value)}" for name, value in {**item, **chosen}.items()], schema
                )
                for item, chosen in itertools.product(found, lists or [{}])
            ]
            for item in items:
                check_inputs({**given, **item}, schema)
            source = _put(self.context, run_name, items)
        if schema.sample_field and schema.sample_field not in given:  # the default of items that name no data
            upload_sample(deployed, self.context.resources, self.console)
        target = Target(deployed.workflow(schema.name).state_machine_arn, "", given)
        return _start(self.context, run_name, source, target, limits)


class Redrive(Command):
    """Redrives a fan-out."""

    def __call__(self, execution: str | None, timeout: float) -> None:
        """Redrive a fan-out (None: the newest execution): what did not succeed runs again.

        Raises `WrongUseError` if it is no fan-out, or cannot be redriven.
        """
        deployed = self.deployed
        arn = deployed.find(execution)
        check_fan_out(deployed, arn)
        deployed.connection.state_machines.redrive(arn)
        _end(self, arn, timeout)


def check_fan_out(deployed: Deployed, arn: str) -> None:
    """Raise `WrongUseError` if an execution is none of a fan-out."""
    if deployed.kind_of(arn) is not Kind.FAN_OUT:
        raise WrongUseError(
            f"{deployed.short_name(arn)} is no fan-out.",
            "Any other execution is started again from its beginning: it has no items that succeeded.",
            "`invoke executions` lists the recent ones.",
        )


def refuse(what: str, is_given: bool) -> None:
    """Raise `WrongUseError` if something was asked for that a fan-out cannot heed."""
    if is_given:
        raise WrongUseError(f"A fan-out does not take {what}.", "", "Leave it out.")


def _one_item(what: str) -> WrongUseError:
    return WrongUseError(
        "There is one item.",
        f"{what} has items from a file or from lists of --set.",
        "Name a file with --items, or give --set NAME=VALUE several times.",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read_by_machine(context: Context, uri: str) -> tuple[ReaderKind, str]:
    allowed = context.workspace.all_outputs().get("fan_out_access")
    patterns = [str(pattern) for pattern in allowed] if isinstance(allowed, list) else []
    bucket = context.deployed.outputs.bucket_name
    kind, key = remote_items(uri, patterns, bucket)
    # A Distributed Map of no objects succeeds: a prefix that was mistyped would not be noticed.
    if kind is ReaderKind.OBJECTS and not context.deployed.connection.storage.find(bucket, key, most=1):
        raise WrongUseError(f"{uri} holds no items.", "There is no object below this prefix.", "Correct it.")
    return kind, key


def _put(context: Context, run_name: str, items: Sequence[Item]) -> Source:
    """Write the items into the bucket."""
    deployed, key = context.deployed, f"{UPLOADS}/{run_name}/{_UPLOADED}"
    content = json.dumps(list(items), ensure_ascii=False).encode()
    deployed.connection.storage.write(deployed.outputs.bucket_name, key, content)
    context.console.done(counted(len(items), "item"))
    return Source(ReaderKind.MEMBERS, key)


def _start(context: Context, name: str, source: Source, target: Target, limits: Limits) -> str:
    deployed = context.deployed
    _, results = output_place(deployed.outputs, name)
    inputs = execution_input(source.reader, source.key, target, limits, results)
    return deployed.connection.state_machines.start(deployed.fan_out_arn(), name, inputs)


def _end(command: Command, arn: str, timeout: float) -> None:
    fan_out = follow_fan_out(command.deployed, command.console, arn, timeout, look_at_once=False)
    finish_fan_out(command.deployed, command.console, fan_out)
