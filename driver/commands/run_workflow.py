"""`invoke run`, `train`, `process` and the other short forms: start a workflow and follow it to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.commands.context import Command
from driver.executions.deployed import Deployed
from driver.executions.starting import new_name, object_name, upload_sample
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
        """Start the workflow as asked, follow it and show its output."""
        if not request.workflow:
            raise WrongUseError(
                "No workflow is named.", "", "Name one with --workflow; see `invoke workflows`."
            )
        folder = output_folder(request.output)
        schema = self.schema(request.workflow)
        inputs = set_inputs(read_inputs(request.inputs), request.settings, schema)
        arn = self.start(schema, inputs, data=request.data)
        output = finish_workflow(self.deployed, self.console, arn, timeout, look_at_once=False, folder=folder)
        if "endpoint_name" in output.others:
            self.console.news(f"next: invoke predict --data FILE{self.workspace.target_flag}")

    def schema(self, workflow: str) -> WorkflowSchema:
        """Read what a deployed workflow takes; raises as `Deployed.workflow` does."""
        self.deployed.workflow(workflow)
        folder, outputs = self.context.resources / "workflows", self.workspace.all_outputs()
        return read_schema(folder, workflow.replace("-", "_"), outputs)

    def start(
        self, schema: WorkflowSchema, inputs: Mapping[str, Any], *, data: Path | None = None, name: str = ""
    ) -> str:
        """Check the inputs, upload the data and start the workflow; returns the execution's ARN.

        Parameters
        ----------
        schema
            What the workflow takes.
        inputs
            What is left out takes its default.
        data
            A file to upload and use as the workflow's data; None for what the inputs name, else the sample.
        name
            The execution's; empty for one that no other has.
        """
        deployed, name, given = self.deployed, name or new_name(), dict(inputs)
        if data:
            given |= self._data_input(data, deployed, schema, given, name)
        check_inputs(given, schema)
        if data:
            self._upload(deployed, data, _key(data, name))
        elif schema.sample_field and schema.sample_field not in given:
            upload_sample(deployed, self.context.resources, self.console)
        machine = deployed.workflow(schema.name).state_machine_arn
        return deployed.connection.state_machines.start(machine, name, given)

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
