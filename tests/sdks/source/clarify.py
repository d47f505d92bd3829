"""Stands for the image of Clarify: tells class imbalance and the difference in proportions of labels.

Files as the developer guide tells them ("Configure a SageMaker Clarify Processing Job", "Analysis Results");
the metrics by "Class Imbalance (CI)" and "Difference in Proportions of Labels (DPL)".
"""

import csv
import json
from pathlib import Path

FOLDER = Path("/opt/ml/processing")
NAMES = {"CI": "Class Imbalance (CI)", "DPL": "Difference in Positive Proportions in Labels (DPL)"}


def main() -> None:
    """Analyse the data as the configuration says."""
    config = json.loads((FOLDER / "input/config/analysis_config.json").read_text(encoding="utf-8"))
    (data,) = sorted((FOLDER / "input/data").rglob("*.csv"))
    with data.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if all(row.values())]
    (facet,) = config["facet"]
    name, (threshold,) = facet["name_or_index"], facet["value_or_threshold"]
    positive = config["label_values_or_threshold"]
    groups: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows:
        groups[float(row[name]) > threshold].append(float(row[config["label"]]) in positive)
    below, above = groups[False], groups[True]
    values = {
        "CI": (len(below) - len(above)) / len(rows),
        "DPL": sum(below) / len(below) - sum(above) / len(above),
    }
    metrics = [
        {"name": method, "description": NAMES[method], "value": values[method]}
        for method in config["methods"]["pre_training_bias"]["methods"]
    ]
    greatest = max(float(row[name]) for row in rows)
    group = {"value_or_threshold": f"({threshold}, {greatest}]", "metrics": metrics}
    document = {
        "version": "1.0",
        "pre_training_bias_metrics": {
            "label": config["label"],
            "facets": {name: [group]},
            "label_value_or_threshold": ", ".join(map(str, positive)),
        },
    }
    (FOLDER / "output/analysis.json").write_text(json.dumps(document, indent=4), encoding="utf-8")


if __name__ == "__main__":
    main()
