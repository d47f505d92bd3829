"""The reference: the package reverse_geocoder alone, from a CSV file to a CSV file.

Run in the local cloud's environment: ``python bare_library.py INPUT OUTPUT``. Prints seconds of the whole,
seconds of the search alone, and the peak memory in MB, as JSON.
"""

import csv
import json
import resource
import sys
import time
from pathlib import Path


def main(source: Path, target: Path) -> None:
    """Geocode a file the way the package's own documentation does."""
    started = time.perf_counter()
    import reverse_geocoder  # noqa: PLC0415 -- its import is part of what a user waits for

    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    coordinates = [(float(latitude), float(longitude)) for longitude, latitude in rows]
    reverse_geocoder.search(coordinates[:1], verbose=False)  # loads the places
    searching = time.perf_counter()
    places = reverse_geocoder.search(coordinates, verbose=False)
    searched = time.perf_counter()
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for row, place in zip(rows, places, strict=True):
            writer.writerow([*row, place["cc"], place["name"], place["admin1"]])
    usage = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    figures = {
        "whole": time.perf_counter() - started,
        "search": searched - searching,
        "peak": max(usage) / 1024,
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
