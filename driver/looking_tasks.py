"""The tasks of `invoke` that look at executions and deployments without changing anything."""

from driver.command_line import command
from driver.factory import Driver

_EXECUTION = {"execution": "name (state machine), id (pipeline), WORKFLOW/NAME or ARN (default: the newest)"}


@command(
    help=_EXECUTION
    | {
        "function": "geospatial, start_pipeline or answer_task, or its full name: all its lines",
        "job": "name of a training, processing or transform job",
        "follow": "go on until the execution or job has ended, or until Ctrl-C",
        "errors": "only errors, each after the lines that led to it",
        "since": "from when on: 90s, 10m, 2h, or a time as 2026-11-21T15:00 (default: all; a function: 1h)",
        "limit": "how many lines at most, the newest (default 1000)",
    },
    reads=True,
)
def logs(
    commands: Driver,
    *,
    execution: str | None = None,
    function: str = "",
    job: str = "",
    follow: bool = False,
    errors: bool = False,
    since: str = "",
    limit: str = "1000",
) -> None:
    """Show CloudWatch's logs of all that one execution touched, in the order of time."""
    commands.of_looking.logs(
        execution, function, job, follow=follow, errors=errors, since=since, limit=limit
    )


ALL = (logs,)
