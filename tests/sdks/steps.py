"""SageMaker SDK v2: a pipeline of three functions (`@step`), each in a container of its own."""

import csv
from pathlib import Path

from sagemaker.workflow.function_step import step
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline

from tests.sdks.account import INSTANCE, WINE, run
from tests.sdks.surroundings import prepare

IMAGE = "000000000000.dkr.ecr.us-west-2.amazonaws.com/sdk-python:1"


def main() -> dict[str, object]:
    """Create the pipeline, run it twice with different parameters, and read what its steps returned."""
    place = prepare("steps")
    with WINE.open(encoding="utf-8", newline="") as stream:
        classes = [int(row[-1]) for row in list(csv.reader(stream))[1:]]
    settings = {"image_uri": IMAGE, "instance_type": INSTANCE, "role": place.role}

    @step(name="split", **settings)
    def split(values: list[int], part: int) -> list[int]:
        Path("scratch").mkdir()
        return values[::part]

    @step(name="count", **settings)
    def count(values: list[int]) -> dict[int, int]:
        Path("scratch").mkdir()  # fails where the first step's is there
        return {value: values.count(value) for value in sorted(set(values))}

    @step(name="tell", **settings)
    def tell(counts: dict[int, int], part: int) -> str:
        Path("scratch").mkdir()
        return f"every {part}: {sum(counts.values())} of {len(counts)} classes"

    part = ParameterInteger("Part", default_value=1)
    told = tell(count(split(classes, part)), part)
    pipeline = Pipeline(place.name, parameters=[part], steps=[told], sagemaker_session=place.session)
    pipeline.upsert(place.role)
    results = {}
    for wanted in (1, 2):
        execution = pipeline.start(parameters={"Part": wanted})
        execution.wait(delay=2, max_attempts=120)
        results[wanted] = execution.result(step_name="tell")
    steps = {item["StepName"]: item["StepStatus"] for item in execution.list_steps()}
    pipeline.delete()
    return {"name": place.name, "results": results, "steps": steps, "rows": len(classes)}


if __name__ == "__main__":
    run(main)
