"""Starts executions of the pipeline: upload, names and parameters."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from driver.executions.deployed import Deployed
from driver.executions.parameters import Place, output_place, pipeline_parameters
from driver.host.console import Console

SAMPLE_KEY = "workflows/data/training/wine.csv"  # what the workflows take where they are given no data

_LONGEST_FILE_NAME = 100  # characters: the configuration that holds it must fit a parameter's 1024


@dataclass(frozen=True, slots=True)
class Started:
    """An execution, and where it puts its result."""

    arn: str
    place: Place


def begin(deployed: Deployed, state_machine_arn: str, path: Path, console: Console) -> Started:
    """Upload a CSV file and start the state machine on it; the pipeline alone where no ARN is given."""
    outputs, name = deployed.outputs, run_name(datetime.now(UTC), secrets.token_hex(3))
    key = f"samplefiles/{name}/{object_name(path.name)}"
    with console.transfer(f"Uploading to s3://{outputs.bucket_name}/{key}", path.stat().st_size) as on_bytes:
        deployed.connection.storage.upload(path, outputs.bucket_name, key, on_bytes)
    arn = start(deployed, state_machine_arn, name, pipeline_parameters(outputs, name, key))
    return Started(arn, output_place(outputs, name))


def start(deployed: Deployed, state_machine_arn: str, name: str, parameters: Mapping[str, str]) -> str:
    """Start the state machine, or the pipeline alone where no state machine is given; returns the ARN."""
    connection = deployed.connection
    if state_machine_arn:
        inputs = {"parameters": dict(parameters)}
        return connection.state_machines.start(state_machine_arn, name, inputs)
    return connection.pipelines.start(deployed.outputs.pipeline_name, name, parameters)


def run_name(now: datetime, nonce: str) -> str:
    """Make a name that no other execution has.

    It suits a pipeline execution's display name, `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}` on AWS, and the name of a
    state machine's execution, 80 characters at most.
    """
    return f"run-{now:%Y%m%dT%H%M%S}-{nonce}"


def object_name(file_name: str) -> str:
    """Make a file's name fit for a key: letters, digits, dot, hyphen and underscore."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", file_name)[-_LONGEST_FILE_NAME:]


def upload_sample(deployed: Deployed, resources: Path, console: Console | None = None) -> None:
    """Upload the sample data unless it is there; tells of it where there is a console."""
    storage, bucket = deployed.connection.storage, deployed.outputs.bucket_name
    found = storage.newest(bucket, SAMPLE_KEY)
    if found is None or found.key != SAMPLE_KEY:
        storage.upload(resources / "wine.csv", bucket, SAMPLE_KEY, lambda _: None)
        if console:
            console.done(f"uploaded the sample data to s3://{bucket}/{SAMPLE_KEY}")
