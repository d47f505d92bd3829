"""SageMaker SDK v2: create the pipeline and run it twice: the second time the model's error is too large."""

import contextlib

from botocore.exceptions import WaiterError
from sagemaker.workflow.pipeline import _PipelineExecution

from tests.sdks.abalone.pipeline import define
from tests.sdks.account import run
from tests.sdks.surroundings import prepare


def outcome(execution: _PipelineExecution) -> dict[str, object]:
    """Wait for an execution's end; describe it and its steps."""
    with contextlib.suppress(WaiterError):  # which says that it failed
        execution.wait(delay=1, max_attempts=300)
    return {
        "status": execution.describe()["PipelineExecutionStatus"],
        "steps": {step["StepName"]: step for step in execution.list_steps()},
    }


def main() -> dict[str, object]:
    """Run the pipeline with its own threshold, then with half of it."""
    place = prepare("abalone")
    pipeline = define(place)
    pipeline.upsert(role_arn=place.role)
    found: dict[str, object] = {
        "name": place.name,
        "folder": place.folder,
        "good": outcome(pipeline.start(parameters={"ModelApprovalStatus": "Approved"})),
        "refused": outcome(pipeline.start(parameters={"MseThreshold": 3.0})),
    }
    pipeline.delete()
    return found


if __name__ == "__main__":
    run(main)
