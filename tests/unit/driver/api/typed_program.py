"""A user's program, which test_typing.py has mypy check; it is not run."""

from pathlib import Path

from driver import (
    Description,
    Endpoint,
    Execution,
    ExecutionFailedError,
    LogEvent,
    Metric,
    Pipeline,
    Prediction,
    Project,
    SagestepError,
    Step,
    Workflow,
)


def run(folder: Path) -> list[str]:
    project = Project(folder, target="local", on_progress=print)
    pipeline: Pipeline = project.pipeline("geospatial")
    execution: Execution = pipeline.execute(folder / "a.csv", parameters={"C": 0.5})
    executions: list[Execution] = pipeline.execute_many(["a.csv", folder], parallel=2)
    workflow: Workflow = project.workflow("train")
    try:
        execution = workflow.execute({"instance_count": 1}).wait(follow=True)
    except ExecutionFailedError as error:
        return [error.what, error.why]
    except SagestepError as error:
        return [error.next_step]
    described: Description = execution.describe()
    steps: list[Step] = execution.steps()
    metrics: list[Metric] = execution.metrics()
    events: list[LogEvent] = execution.logs(errors=True)
    endpoint: Endpoint = project.endpoint()
    predictions: list[Prediction] = endpoint.predict([[1, 2.5]])
    result: Path | None = execution.result()
    return [
        described.status,
        str(result),
        *(step.name for step in steps),
        *(metric.name for metric in metrics),
        *(event.message for event in events),
        *(prediction.label for prediction in predictions),
        *(one.arn for one in executions),
    ]


def mistaken(pipeline: Pipeline) -> int:
    # mypy tells of an ignored line without a mistake: each of these has to be one.
    pipeline.execute(parallel=2)  # type: ignore[call-arg]
    pipeline.gone()  # type: ignore[attr-defined]
    return pipeline.name  # type: ignore[return-value]
