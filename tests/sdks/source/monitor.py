"""Stands for the image of Model Monitor: names columns and their completeness, and compares with a baseline.

Environment and files as the developer guide tells them ("Container Contract Inputs", "… Outputs").
"""

import csv
import json
import os
from pathlib import Path


def main() -> None:
    """Write statistics, constraints and, where there is a baseline, violations."""
    (data,) = sorted(_path("dataset_source").rglob("*.csv"))
    with data.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    given = {name: sum(row[name] != "" for row in rows) for name in rows[0]}
    counts = [
        {"name": name, "numerical_statistics": {"common": {"num_present": count}}}
        for name, count in given.items()
    ]
    features = [{"name": name, "completeness": count / len(rows)} for name, count in given.items()]
    _write("statistics.json", {"dataset": {"item_count": len(rows)}, "features": counts})
    _write("constraints.json", {"features": features})
    if "baseline_constraints" in os.environ:
        baseline = json.loads(_path("baseline_constraints").read_text(encoding="utf-8"))
        assert json.loads(_path("baseline_statistics").read_text(encoding="utf-8"))["features"]
        found = [
            {"feature_name": feature["name"], "constraint_check_type": "completeness_check"}
            for feature in baseline["features"]
            if given[feature["name"]] / len(rows) < feature["completeness"]
        ]
        _write("constraint_violations.json", {"violations": found})


def _path(variable: str) -> Path:
    return Path(os.environ[variable])


def _write(name: str, document: object) -> None:
    (_path("output_path") / name).write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
