"""Holds the model against customers that it has not seen."""

import csv
import json
import tarfile
from pathlib import Path

from train import accuracy

ROOT = Path("/opt/ml/processing")

if __name__ == "__main__":
    with tarfile.open(ROOT / "model/model.tar.gz") as archive, archive.extractfile("model.json") as model:  # type: ignore[union-attr]
        threshold = json.load(model)["threshold"]
    with (ROOT / "test/customers.csv").open(encoding="utf-8") as table:
        found = accuracy(list(csv.DictReader(table)), threshold)
    (ROOT / "report").mkdir(parents=True, exist_ok=True)
    (ROOT / "report/report.json").write_text(json.dumps({"accuracy": found}))
