#!/usr/bin/env python
"""Processing: splits the tables under ``input``; each part under ``output`` is for a job that follows.

``training/training.csv`` to train on, ``test/test.csv`` to test with, ``features/features.csv`` with the rows
of the test without header and target: what a transform job reads. ``statistics.json`` describes the columns.
"""

import argparse
import json
import logging
import random
import statistics
import sys
from pathlib import Path

from opt_ml import ML, log_to_stdout, report_message
from table import TARGET, Table, TableError, read_tables, write_table

LOG = logging.getLogger(__name__)

_PROCESSING = ML / "processing"


def main(arguments: list[str]) -> int:
    """Process; the exit code decides on the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-fraction", type=_fraction, default=0.25, help="how much goes into the test")
    parser.add_argument("--random-state", type=int, default=42, help="the same rows for the same number")
    options = parser.parse_args(arguments)
    try:
        table = read_tables(_PROCESSING / "input")
        tested = split(table, options.test_fraction, options.random_state, _PROCESSING / "output")
    except TableError as error:
        report_message(f"TableError: {error}")
        LOG.error("Processing failed: %s", error)  # noqa: TRY400 - whoever reads it wrote the data
        return 1
    message = f"{len(table.rows) - tested} rows to train on, {tested} to test with"
    LOG.info(message)
    report_message(message)
    return 0


def split(table: Table, test_fraction: float, random_state: int, folder: Path) -> int:
    """Write the parts; each class has its share in both. Gives the number of rows in the test."""
    target = table.columns.index(TARGET)
    training: list[list[float]] = []
    test: list[list[float]] = []
    shuffled = table.rows.copy()
    random.Random(random_state).shuffle(shuffled)  # noqa: S311 - a split need not be a secret
    for label in sorted({row[target] for row in shuffled}):
        of_label = [row for row in shuffled if row[target] == label]
        count = round(len(of_label) * test_fraction)
        test.extend(of_label[:count])
        training.extend(of_label[count:])
    features = Table(table.columns, test).select([name for name in table.columns if name != TARGET])
    write_table(folder / "training" / "training.csv", table.columns, training)
    write_table(folder / "test" / "test.csv", table.columns, test)
    write_table(folder / "features" / "features.csv", (), features)
    described = {
        name: {"min": min(column), "mean": statistics.fmean(column), "max": max(column)}
        for name, column in zip(table.columns, zip(*training, strict=True), strict=True)
    }
    (folder / "statistics.json").write_text(json.dumps(described, indent=1), "utf-8")
    return len(test)


def _fraction(text: str) -> float:
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError("must be between 0 and 1")
    return number


if __name__ == "__main__":
    log_to_stdout()
    sys.exit(main(sys.argv[1:]))
