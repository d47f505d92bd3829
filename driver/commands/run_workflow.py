"""`invoke run`, `train`, `process` and the other short forms: start a workflow and follow it to its end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.starting import object_name, run_name, upload_sample
from driver.executions.workflow.fetching import output_folder
from driver.executions.workflow.inputs import check_inputs, read_inputs, set_inputs
from driver.executions.workflow.runs import finish_workflow
from driver.executions.workflow.schema import WorkflowSchema, read_schema
from driver.model.exceptions import WorkflowInputError, WrongUseError


@dataclass(frozen=True, slots=True)
class Request:
    """Which workflow to run, on what.

    Parameters
    ----------
    inputs
        JSON, or `@` and the name of a file that holds it; empty for none.
    settings
        Single inputs, `key=value`; they override `inputs`.
    data
        A file to upload and use as the workflow's data; None for what the inputs name, else for the sample.
    output
        The folder to download what the output names on S3 to; empty to download nothing.
    """

    workflow: str
    inputs: str = ""
    settings: Sequence[str] = ()
    data: Path | None = None
    output: str = ""


class RunWorkflow(Command):
    """Starts a workflow and follows it."""

    def __call__(self, request: Request, timeout: float) -> None:
        """Check what is asked, upload the data, start the workflow, follow it and show its output."""
        if not request.workflow:
            raise WrongUseError(
                "No workflow is named.", "", "Name one with --workflow; see `invoke workflows`."
            )
        target = output_folder(request.output)
        deployed = self.deployed
        workflow = deployed.workflow(request.workflow)
        folder, outputs = self.context.resources / "workflows", self.workspace.all_outputs()
        schema = read_schema(folder, request.workflow.replace("-", "_"), outputs)
        name = run_name(datetime.now(UTC), secrets.token_hex(3))
        inputs = set_inputs(read_inputs(request.inputs), request.settings, schema)
        if request.data:
            inputs |= self._data_input(request.data, deployed, schema, inputs, name)
        check_inputs(inputs, schema)
        if request.data:
            self._upload(deployed, request.data, _key(request.data, name))
        elif schema.sample_field and schema.sample_field not in inputs:
            upload_sample(deployed, self.context.resources, self.console)
        state_machines = deployed.connection.state_machines
        arn = state_machines.start(workflow.state_machine_arn, name, inputs)
        output = finish_workflow(deployed, self.console, arn, timeout, look_at_once=False, folder=target)
        if "endpoint_name" in output.others:
            self.console.news(f"next: invoke predict --data FILE{self.workspace.target_flag}")

    def _data_input(
        self, data: Path, deployed: Deployed, schema: WorkflowSchema, inputs: dict[str, Any], name: str
    ) -> dict[str, Any]:
        """Name the place a file will be uploaded to, as the input that takes the data."""
        field = schema.sample_field
        if not field:
            raise WorkflowInputError(f"Workflow {schema.name} takes no data.", "--data cannot be used.")
        if field in inputs:
            raise WorkflowInputError(f"{field} is given twice.", "--data sets it, too.", "Leave out one.")
        if not data.is_file():
            raise WorkflowInputError(f"{data} cannot be read.", "There is no such file.")
        folder = _key(data, name).rpartition("/")[0]
        return {field: f"s3://{deployed.outputs.bucket_name}/{folder}/"}

    def _upload(self, deployed: Deployed, path: Path, key: str) -> None:
        bucket = deployed.outputs.bucket_name
        with self.console.transfer(f"Uploading to s3://{bucket}/{key}", path.stat().st_size) as on_bytes:
            deployed.connection.storage.upload(path, bucket, key, on_bytes)


def _key(data: Path, name: str) -> str:
    return f"workflows/data/{name}/{object_name(data.name)}"
