"""From a file of coordinates to an execution that works on it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from driver.choices import Geocoder
from driver.commands.deployed import Deployed
from driver.commands.finishing import EXPORT_PARAMETER, OUTPUT_PARAMETER
from driver.console import Console
from driver.models import Outputs
from driver.watching import Seen

_LONGEST_FILE_NAME = 100  # characters: the configuration that holds it must fit a parameter's 1024


def begin(deployed: Deployed, state_machine_arn: str, path: Path, console: Console) -> Seen:
    """Upload a file and start an execution on it.

    Parameters
    ----------
    deployed
        The deployment.
    state_machine_arn
        The state machine; empty to start the pipeline alone.
    path
        A CSV file that was checked.
    console
        Where the upload is told.
    """
    outputs, name = deployed.outputs, run_name(datetime.now(UTC), secrets.token_hex(3))
    key = f"samplefiles/{name}/{object_name(path.name)}"
    with console.transfer(f"Uploading to s3://{outputs.bucket_name}/{key}", path.stat().st_size) as on_bytes:
        deployed.connection.storage.upload(path, outputs.bucket_name, key, on_bytes)
    return start(deployed, state_machine_arn, name, pipeline_parameters(outputs, name, key))


def start(deployed: Deployed, state_machine_arn: str, name: str, parameters: Mapping[str, str]) -> Seen:
    """Start the state machine, or the pipeline alone where no state machine is given."""
    connection = deployed.connection
    if state_machine_arn:
        inputs = {"parameters": dict(parameters)}
        return Seen(state_machine_arn=connection.state_machines.start(state_machine_arn, name, inputs))
    return Seen(pipeline_arn=connection.pipelines.start(deployed.outputs.pipeline_name, name, parameters))


def run_name(now: datetime, nonce: str) -> str:
    """Make a name that no other execution has.

    It suits a pipeline execution's display name, `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}` on AWS, and the name of a
    state machine's execution, 80 characters at most.
    """
    return f"run-{now:%Y%m%dT%H%M%S}-{nonce}"


def object_name(file_name: str) -> str:
    """Make a file's name fit for a key: letters, digits, dot, hyphen and underscore."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", file_name)[-_LONGEST_FILE_NAME:]


def pipeline_parameters(outputs: Outputs, name: str, key: str) -> dict[str, str]:
    """Fill in the parameters of the pipeline that is deployed.

    They are those of resources/geospatial_pipeline.json, or, where a processing job geocodes, those of
    resources/geocoding_pipeline.json.

    Parameters
    ----------
    outputs
        The deployment's.
    name
        The execution's name, under which its output goes.
    key
        The uploaded file.

    Returns
    -------
    dict
        Values by name; the configurations are JSON in strings, as the pipeline hands them on.
    """
    bucket = outputs.bucket_name
    input_uri, output_uri = f"s3://{bucket}/{key}", f"s3://{bucket}/outputfiles/{name}/"
    if outputs.geocoder == Geocoder.PROCESSING:
        return {"parameter_input_uri": input_uri, OUTPUT_PARAMETER: output_uri}
    source = {"DataSourceConfig": {"S3Data": {"S3Uri": input_uri}}, "DocumentType": "CSV"}
    export = {"S3Data": {"S3Uri": output_uri}}
    job = {"ReverseGeocodingConfig": {"XAttributeName": "Longitude", "YAttributeName": "Latitude"}}
    return {
        "parameter_execution_role": outputs.sagemaker_role_arn,
        "parameter_region": outputs.region,
        "parameter_queue_url": outputs.queue_url,
        "parameter_vej_input_config": json.dumps(source),
        EXPORT_PARAMETER: json.dumps(export),
        "parameter_step_1_vej_config": json.dumps(job),
    }
