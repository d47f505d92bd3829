"""Starts executions of pipelines: upload, names and parameters."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from driver.executions.deployed import Deployed
from driver.executions.input_files import InputFile
from driver.executions.parameters import Place, fill, gives_output, output_place
from driver.host.console import Console
from driver.model.exceptions import NotDeployedError

SAMPLE_KEY = "workflows/data/training/wine.csv"  # what the workflows take where they are given no data
UPLOADS = "samplefiles"  # the prefix of inputs that the driver uploads: a folder for each execution

_LONGEST_FILE_NAME = 100  # characters: the configuration that holds it must fit a parameter's 1024


@dataclass(frozen=True, slots=True)
class Order:
    """What to start: a pipeline, by the state machine or alone (without an ARN), and the parameters set.

    `name` is the execution's; empty for one that no other has.
    """

    pipeline: str
    state_machine_arn: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """An execution, and where it puts its result."""

    arn: str
    place: Place


def begin(deployed: Deployed, order: Order, source: InputFile | None, console: Console) -> Started:
    """Upload an input, if there is one, and start the state machine or the pipeline alone on it.

    Raises
    ------
    NotDeployedError
        If another version's deployment does not say what the pipeline's parameters are.
    """
    name, pipeline = deployed.pipeline(order.pipeline)
    if pipeline.parameter_names is None:
        raise NotDeployedError(
            f"What the pipeline {name} takes is not known.",
            "An earlier version of this project deployed it.",
            f"Run `invoke up{deployed.target_flag}`.",
        )
    outputs, run = deployed.outputs, order.name or new_name()
    bucket, prefix = output_place(outputs, run)
    input_uri = upload(deployed, run, source, console) if source else ""
    parameters = fill(pipeline, input_uri, f"s3://{bucket}/{prefix}", run) | dict(order.settings)
    arn = start(deployed, order, run, parameters)
    return Started(arn, (bucket, prefix) if gives_output(pipeline) else ("", ""))


def start(deployed: Deployed, order: Order, name: str, parameters: Mapping[str, str]) -> str:
    """Start the state machine, or the pipeline alone where no state machine is given; returns the ARN."""
    connection = deployed.connection
    pipeline, found = deployed.pipeline(order.pipeline)
    if order.state_machine_arn:
        inputs = {"pipeline": pipeline, "parameters": dict(parameters)}
        return connection.state_machines.start(order.state_machine_arn, name, inputs)
    return connection.pipelines.start(found.name, name, parameters)


def new_name() -> str:
    """Make a name for an execution that begins now."""
    return run_name(datetime.now(UTC), secrets.token_hex(3))


def run_name(now: datetime, nonce: str) -> str:
    """Make a name that no other execution has.

    It suits a pipeline execution's display name, `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}` on AWS, and the name of a
    state machine's execution, 80 characters at most.
    """
    return f"run-{now:%Y%m%dT%H%M%S}-{nonce}"


def object_name(file_name: str) -> str:
    """Make a file's name fit for a key: letters, digits, dot, hyphen and underscore."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", file_name)[-_LONGEST_FILE_NAME:]


def upload(deployed: Deployed, run: str, source: InputFile, console: Console) -> str:
    """Upload a file, or all files of a folder; returns the address of the object, or of the folder.

    What is in S3 already stays there. `run` is the folder below that of all uploads.
    """
    if source.uri:
        return source.uri
    bucket = deployed.outputs.bucket_name
    root = f"{UPLOADS}/{run}/{object_name(source.path.name)}"
    for path in source.files:
        within = "/".join(object_name(part) for part in path.relative_to(source.path).parts)
        key = f"{root}/{within}" if within else root
        with console.transfer(f"Uploading to s3://{bucket}/{key}", path.stat().st_size) as on_bytes:
            deployed.connection.storage.upload(path, bucket, key, on_bytes)
    return f"s3://{bucket}/{root}{'/' if source.path.is_dir() else ''}"


def upload_sample(deployed: Deployed, resources: Path, console: Console) -> None:
    """Upload the sample data unless it is there."""
    storage, bucket = deployed.connection.storage, deployed.outputs.bucket_name
    found = storage.newest(bucket, SAMPLE_KEY)
    if found is None or found.key != SAMPLE_KEY:
        storage.upload(resources / "wine.csv", bucket, SAMPLE_KEY, lambda _: None)
        console.done(f"uploaded the sample data to s3://{bucket}/{SAMPLE_KEY}")
