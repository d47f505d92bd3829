"""A process that carries out one job: ``python -m localcloud.geospatial.worker TASK_FILE``.

The file holds a `Task` as JSON; a `Report` leaves as JSON on standard output. Standard input says
nothing, but stays open as long as whoever started the process lives; when it closes, the process ends,
so that nothing is orphaned even if the parent is killed outright.
"""

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from localcloud.geospatial import gazetteer
from localcloud.geospatial.geocoding import geocode
from localcloud.geospatial.lines import TableError
from localcloud.geospatial.table import Table
from localcloud.geospatial.task import Report, Task


def work(task: Task) -> Report:
    """Carry out a task."""
    try:
        with Path(task.input_path).open("rb") as input_, Path(task.output_path).open("wb") as output:
            table = Table(input_, task.x_name, task.y_name)
            places = gazetteer.load(Path(task.gazetteer_folder))
            return Report(rows=geocode(table, output, places))
    except TableError as error:
        return Report(complaint=str(error))


def main() -> None:
    """Read the task, work, report."""
    task = Task(**json.loads(Path(sys.argv[1]).read_text("utf-8")))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(json.dumps(asdict(work(task))), flush=True)  # noqa: T201 -- it is the report


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    main()
