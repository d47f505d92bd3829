"""What passes between the service and a worker; kept apart so that the service imports no numpy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Task:
    """What to geocode: files by their paths, coordinates by their columns' names."""

    input_path: str
    output_path: str
    gazetteer_folder: str
    x_name: str
    y_name: str


@dataclass(frozen=True, slots=True)
class Report:
    """How it went: the number of rows, or what is wrong with the input."""

    rows: int = 0
    complaint: str | None = None
