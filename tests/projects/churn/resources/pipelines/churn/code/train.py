"""Takes the threshold of calls from the hyperparameters, and tells how often it is right."""

import csv
import json
from pathlib import Path

ROOT = Path("/opt/ml")


def accuracy(rows: list[dict[str, str]], threshold: int) -> float:
    """Return in how many of the rows the threshold tells who left."""
    right = sum((float(row["calls"]) >= threshold) == (row["left"] == "1") for row in rows)
    return right / len(rows)


if __name__ == "__main__":
    threshold = int(json.loads((ROOT / "input/config/hyperparameters.json").read_text())["threshold"])
    with (ROOT / "input/data/train/customers.csv").open(encoding="utf-8") as table:
        found = accuracy(list(csv.DictReader(table)), threshold)
    print(f"accuracy={found:.3f}")
    (ROOT / "model").mkdir(exist_ok=True)
    (ROOT / "model/model.json").write_text(json.dumps({"threshold": threshold}))
