#!/usr/bin/env python
"""Trains in script mode with AWS's toolkit; the algorithm that an image has besides is not here."""

import json
import os
import sys
from pathlib import Path

from sagemaker_training.trainer import train

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
_NO_SCRIPT = (
    "This image runs scripts only (hyperparameter sagemaker_program, which the SDK's estimator sets for its "
    "entry_point). The algorithm that AWS's image has is not here: use the estimator with entry_point."
)


def main() -> int:
    """Train; the exit code decides on the job."""
    hyperparameters = json.loads((ML / "input/config/hyperparameters.json").read_text("utf-8"))
    if "sagemaker_program" not in hyperparameters:
        (ML / "output/failure").write_text(_NO_SCRIPT, "utf-8")
        return 1
    train()
    return 0


if __name__ == "__main__":
    sys.exit(main())
