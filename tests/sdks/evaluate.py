"""A Processing job's script, sent to S3 by the SDK: evaluates a model and leaves evaluation.json."""

import argparse
import csv
import json
import os
import tarfile
from pathlib import Path

import joblib

FOLDER = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "processing"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--decimals", type=int, default=6)
    decimals = parser.parse_args().decimals
    with tarfile.open(FOLDER / "model" / "model.tar.gz") as archive:
        archive.extractall(FOLDER / "model", filter="data")
    forest = joblib.load(FOLDER / "model" / "model.joblib")
    with (FOLDER / "test" / "test.csv").open(encoding="utf-8", newline="") as stream:
        rows = [[float(cell) for cell in row] for row in list(csv.reader(stream))[1:]]
    right = sum(
        label == int(row[-1])
        for label, row in zip(forest.predict([row[:-1] for row in rows]), rows, strict=True)
    )
    found = {"metrics": {"accuracy": {"value": round(right / len(rows), decimals)}}, "rows": len(rows)}
    target = FOLDER / "evaluation"
    target.mkdir(parents=True, exist_ok=True)
    (target / "evaluation.json").write_text(json.dumps(found), encoding="utf-8")
    print("evaluated", json.dumps(found), "by", os.environ.get("EVALUATED_BY"), flush=True)  # noqa: T201 - the log


if __name__ == "__main__":
    main()
