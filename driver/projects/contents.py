"""What the folders of a project hold, and what stands for it in definitions while nothing is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from driver.projects.templates import Values
from driver.settings.project import Project

ENGINE_FUNCTIONS = ("answer_task", "start_pipeline")
_ACCOUNT, _REGION, _PREFIX = "123456789012", "us-west-2", "sagestep"


@dataclass(frozen=True)
class Contents:
    """The folders of a project; a folder whose name begins with a dot or an underscore is none."""

    project: Project

    @cached_property
    def pipelines(self) -> dict[str, Path]:
        """The folders of its pipelines, by name."""
        return _folders(self.project.resources / "pipelines")

    @cached_property
    def workflows(self) -> dict[str, Path]:
        """The folders of its workflows, by name."""
        return _folders(self.project.resources / "workflows")

    @cached_property
    def images(self) -> dict[str, Path]:
        """The folders of its images, by name."""
        return _folders(self.project.resources / "images")

    @cached_property
    def functions(self) -> dict[str, Path]:
        """The folders of its functions, by name; the engine's are not among them."""
        found = _folders(self.project.functions)
        return {name: folder for name, folder in found.items() if name not in (*ENGINE_FUNCTIONS, "shared")}

    @cached_property
    def _values(self) -> dict[str, str | dict[str, str]]:
        functions = (*self.functions, *ENGINE_FUNCTIONS)
        registry = f"{_ACCOUNT}.dkr.ecr.{_REGION}.amazonaws.com"
        return {
            "region": _REGION,
            "account_id": _ACCOUNT,
            "partition": "aws",
            "name_prefix": _PREFIX,
            "bucket_name": f"{_PREFIX}-bucket",
            "bucket_arn": f"arn:aws:s3:::{_PREFIX}-bucket",
            "queue_url": f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{_PREFIX}-callback",
            "queue_arn": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{_PREFIX}-callback",
            "image_uri": f"{registry}/{_PREFIX}-scikit:latest",
            "timeout_seconds": "21600",
            "functions": {name: _arn("lambda", f"function:{_PREFIX}-{_dashed(name)}") for name in functions},
            "images": {name: f"{registry}/{_PREFIX}-{name}:latest" for name in self.images},
        }

    def values_of_pipeline(self, name: str) -> Values:
        """Return what the definition and the manifest of a pipeline can name."""
        cloud_name = f"{_PREFIX}-{_dashed(name)}"
        folder = f"s3://{_PREFIX}-bucket/pipelines/{name}"
        return self._values | {
            "role_arn": f"arn:aws:iam::{_ACCOUNT}:role/{cloud_name}-jobs",
            "pipeline_arn": _arn("sagemaker", f"pipeline/{cloud_name}"),
            "code_uri": f"{folder}/code/",
            "data_uri": f"{folder}/data/",
            "data_prefix": f"pipelines/{name}/data",
            "input_uri": f"{folder}/input",
            "output_uri": f"{folder}/output",
            "run_id": "run",
        }

    def values_of_workflow(self) -> Values:
        """Return what the definition, the schema and the manifest of a workflow can name."""
        return self._values | {
            "role_arn": f"arn:aws:iam::{_ACCOUNT}:role/{_PREFIX}-jobs",
            "topic_arn": _arn("sns", f"{_PREFIX}-failures"),
            "state_machine_arn_prefix": _arn("states", f"stateMachine:{_PREFIX}"),
            "poll_seconds": "30",
        }

    def values_of_function(self) -> Values:
        """Return what the manifest of a function can name."""
        return self._values


def _folders(folder: Path) -> dict[str, Path]:
    found = sorted(path for path in folder.glob("*/") if path.name[:1] not in {".", "_"})
    return {path.name: path for path in found}


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:{resource}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")
