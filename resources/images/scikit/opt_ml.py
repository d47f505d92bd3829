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
