"""Measure everything and print one table; about fifteen minutes on two processors."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from benchmarks import (
    commands,
    deployment,
    enforcement,
    gate,
    geocoding,
    map_runs,
    pace,
    permissions,
    projects,
    reports,
    saving,
    sessions,
    shards,
    tuning,
    workflows,
)
from benchmarks.table import Row, show
from tests.integration.stack import Stack


def main() -> None:
    """Measure in a folder of its own, which goes afterwards."""
    console = Console(width=150)
    with tempfile.TemporaryDirectory() as name, console.status("Measuring …"):
        folder = Path(name)

        def on_deployment(stack: Stack) -> Iterator[Row]:
            yield from pace.measure(stack)
            yield from gate.measure(stack)
            yield from geocoding.measure(stack, folder)
            yield from shards.measure(stack, folder)
            yield from workflows.measure(stack, folder)
            yield from tuning.measure(stack, folder)
            yield from commands.measure(stack)
            yield from reports.measure(stack, folder)
            yield from saving.measure_resume(stack)

        rows = [
            *permissions.measure(),
            *enforcement.measure(folder),
            *map_runs.measure(folder),
            *saving.measure_requests(folder / "requests"),
            *deployment.measure(folder, on_deployment),
            *projects.measure(folder / "projects"),
            *sessions.measure(folder / "sessions"),
        ]
    show(rows, console)


if __name__ == "__main__":
    main()
