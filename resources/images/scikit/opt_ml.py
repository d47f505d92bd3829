"""Where SageMaker puts what a container gets, and looks for what it leaves.

The paths are those under ``/opt/ml`` (developer guide, "How Amazon SageMaker Provides Training Information");
the ``SM_*`` variables of the sagemaker-training toolkit win where they are set.
"""

import json
import logging
import os
import sys
from pathlib import Path

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def log_to_stdout() -> None:
    """Have each message printed as it is: SageMaker reads logs and metrics from there."""
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stdout)


def model_directory() -> Path:
    """Give the directory that becomes model.tar.gz, and that a server finds unpacked."""
    return Path(os.environ.get("SM_MODEL_DIR", ML / "model"))


def output_data_directory() -> Path:
    """Give the directory that becomes output.tar.gz."""
    return Path(os.environ.get("SM_OUTPUT_DATA_DIR", ML / "output" / "data"))


def channel_directory(name: str) -> Path:
    """Give the directory of an input channel's files."""
    return Path(os.environ.get(f"SM_CHANNEL_{name.upper()}", ML / "input" / "data" / name))


def hyperparameters() -> dict[str, str]:
    """Read the hyperparameters: always text, as the job has them."""
    file = ML / "input" / "config" / "hyperparameters.json"
    text = file.read_text("utf-8") if file.exists() else os.environ.get("SM_HPS", "{}")
    return {name: str(value) for name, value in json.loads(text).items()}


def hosts() -> tuple[str, list[str]]:
    """Give the name of this host of a Processing job, and those of all its hosts; one where nobody says."""
    file = ML / "config" / "resourceconfig.json"
    if not file.exists():
        return "algo-1", ["algo-1"]
    resources = json.loads(file.read_text("utf-8"))
    return resources["current_host"], resources["hosts"]


def input_uri(name: str) -> str:
    """Give the URI of an input of a Processing job; empty where nobody says."""
    file = ML / "config" / "processingjobconfig.json"
    job = json.loads(file.read_text("utf-8")) if file.exists() else {}
    inputs = {item["InputName"]: item for item in job.get("ProcessingInputs", [])}
    return str(inputs.get(name, {}).get("S3Input", {}).get("S3Uri", ""))


def report_failure(reason: str) -> None:
    """Leave the text that becomes the job's FailureReason."""
    _write("failure", reason)


def report_message(text: str) -> None:
    """Leave the text that becomes a Processing job's ExitMessage."""
    _write("message", text)


def _write(name: str, text: str) -> None:
    file = ML / "output" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
