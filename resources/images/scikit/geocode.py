#!/usr/bin/env python
"""Processing: geocodes what is under ``input`` into ``output/results_0.csv``.

The file's name, its columns and its rows are those of a Vector Enrichment Job. Of several hosts each geocodes
a part, and the first puts the parts together: the result is, to the byte, that of one host.
"""

import argparse
import logging
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import gazetteer
from coordinates import CoordinatesError
from gathering import Gathering, send
from geocoding import geocode
from opt_ml import ML, hosts, input_uri, log_to_stdout, report_message
from shares import Span, Table, spans_of

LOG = logging.getLogger(__name__)

RESULT = "results_0.csv"

_PROCESSING = ML / "processing"
_INPUT = "coordinates"
_SHOWN = 5  # files
_TERMINATED = 128 + signal.SIGTERM  # what a shell says of a program that a signal ended


def main(arguments: list[str]) -> int:
    """Geocode; the exit code decides on the job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longitude-column", default="Longitude", help="name of the column with longitudes")
    parser.add_argument("--latitude-column", default="Latitude", help="name of the column with latitudes")
    options = parser.parse_args(arguments)
    columns = options.longitude_column, options.latitude_column
    host, all_hosts = hosts()
    number = all_hosts.index(host)
    try:
        files = find_input(_PROCESSING / "input", is_folder=input_uri(_INPUT).endswith("/"))
        part = Part(files, spans_of(files, number, len(all_hosts)), columns, has_header=number == 0)
        if number == 0:
            with Gathering(host, len(all_hosts) - 1) if len(all_hosts) > 1 else nullcontext() as others:
                count = write_result(part, _PROCESSING / "output" / RESULT, others)
        else:
            count = hand_over(part, all_hosts[0], number)
    except (CoordinatesError, OSError) as error:
        report_message(str(error))
        LOG.error("Geocoding failed: %s", error)  # noqa: TRY400 - whoever reads it wrote the data
        return 1
    message = f"{count} rows geocoded"
    LOG.info(message)
    report_message(message)
    return 0


def find_input(folder: Path, *, is_folder: bool) -> list[Path]:
    """Find the files: the input's URI is a prefix, with which more than one object may begin.

    `is_folder`: whether the URI names a folder, and so all that is in it.

    Raises `CoordinatesError` if there is none, or more than one where none of them was meant.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise CoordinatesError("The input has no file.")
    if len(files) > 1 and not is_folder:
        names = ", ".join(str(file.relative_to(folder)) for file in files[:_SHOWN])
        more = ", …" if len(files) > _SHOWN else ""
        raise CoordinatesError(
            f"The input must be one file, and there are {len(files)}: {names}{more}. "
            "A URI that ends with / names all files of a folder."
        )
    return files


@dataclass(frozen=True, slots=True)
class Part:
    """What one host geocodes. `columns`: the names of those with longitudes and with latitudes."""

    files: Sequence[Path]
    spans: Sequence[Span]
    columns: tuple[str, str]
    has_header: bool = True

    def write(self, target: Path) -> int:
        """Geocode it into a file; gives the number of rows."""
        with target.open("w", encoding="utf-8", newline="") as output:
            table = Table(self.files, self.spans)
            return geocode(table, *self.columns, gazetteer.load(), output, has_header=self.has_header)


def write_result(part: Part, target: Path, others: Gathering | None = None) -> int:
    """Geocode a part, append those of the others, and leave half a result to nobody; gives how many rows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        count = part.write(target)
        if others is None:
            return count
        with target.open("ab") as output:
            return count + others.append_to(output)
    except BaseException:
        # SageMaker uploads what a job leaves even if it has failed or was stopped.
        target.unlink(missing_ok=True)
        raise


def hand_over(part: Part, first_host: str, number: int) -> int:
    """Geocode a part, and send it to the first host; gives the number of rows."""
    with tempfile.TemporaryDirectory(dir=_PROCESSING) as folder:  # a volume as large as was asked for
        file = Path(folder, "part")
        count = part.write(file)
        send(first_host, number, file, count)
    return count


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))
    log_to_stdout()
    sys.exit(main(sys.argv[1:]))
