#!/usr/bin/env python
"""Trains in AWS's XGBoost image: a script with AWS's toolkit, or else the algorithm of the image."""

import json
import os
import sys
from pathlib import Path

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def main() -> int:
    """Train; the exit code decides on the job."""
    hyperparameters = json.loads((ML / "input/config/hyperparameters.json").read_text("utf-8"))
    if "sagemaker_program" in hyperparameters:
        from sagemaker_training.trainer import train  # noqa: PLC0415 - takes seconds

        train()
        return 0
    import xgboost_algorithm  # noqa: PLC0415

    try:
        xgboost_algorithm.train(ML)
    except ValueError as error:  # XGBoost's own errors, too
        (ML / "output" / "failure").write_text(str(error), "utf-8")
        print(error, file=sys.stderr)  # noqa: T201 - the log of the job
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
