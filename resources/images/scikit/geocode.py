#!/usr/bin/env python
"""Processing: geocodes the one file under ``input`` into ``output/results_0.csv``.

The file's name, its columns and its rows are those of a Vector Enrichment Job.
"""

import argparse
import logging
import signal
import sys
from pathlib import Path

import gazetteer
from coordinates import CoordinatesError, CoordinatesFile
from geocoding import geocode
from opt_ml import ML, log_to_stdout, report_message

LOG = logging.getLogger(__name__)

RESULT = "results_0.csv"

_PROCESSING = ML / "processing"
_SHOWN = 5  # files
_TERMINATED = 128 + signal.SIGTERM  # what a shell says of a program that a signal ended


def main(arguments: list[str]) -> int:
    """Geocode; the exit code decides on the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longitude-column", default="Longitude", help="name of the column with longitudes")
    parser.add_argument("--latitude-column", default="Latitude", help="name of the column with latitudes")
    options = parser.parse_args(arguments)
    try:
        source = find_input(_PROCESSING / "input")
        count = write_result(
            source, _PROCESSING / "output" / RESULT, options.longitude_column, options.latitude_column
        )
    except (CoordinatesError, OSError) as error:
        report_message(str(error))
        LOG.error("Geocoding failed: %s", error)  # noqa: TRY400 - whoever reads it wrote the data
        return 1
    message = f"{count} rows geocoded"
    LOG.info(message)
    report_message(message)
    return 0


def find_input(folder: Path) -> Path:
    """Find the file: the input's URI is a prefix, with which more than one object may begin.

    Raises `CoordinatesError` if there is none, or more than one.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise CoordinatesError("The input has no file.")
    if len(files) > 1:
        names = ", ".join(str(file.relative_to(folder)) for file in files[:_SHOWN])
        more = ", …" if len(files) > _SHOWN else ""
        raise CoordinatesError(f"The input must be one file, and there are {len(files)}: {names}{more}.")
    return files[0]


def write_result(source: Path, target: Path, longitude_column: str, latitude_column: str) -> int:
    """Geocode a file, and leave half a result to nobody; gives the number of rows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with source.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as output:
            file = CoordinatesFile(stream)
            return geocode(file, longitude_column, latitude_column, gazetteer.load(), output)
    except BaseException:
        # SageMaker uploads what a job leaves even if it has failed or was stopped.
        target.unlink(missing_ok=True)
        raise


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    log_to_stdout()
    sys.exit(main(sys.argv[1:]))
