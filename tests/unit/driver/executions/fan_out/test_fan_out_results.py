import json

from driver.aws.history import HistoryEvent
from driver.executions.fan_out.following import FanOut
from driver.executions.fan_out.results import read_results
from driver.model.status import StateMachineStatus
from driver.model.values import MapRun, StateMachineExecution
from tests.unit.driver.fakes import NOON, World

RUN = {"results": "outputfiles/run-1/", "pipeline": "geocoding", "parameters": {}}
MAP_RUN = MapRun(
    "arn:aws:states:us-west-2:000000000000:mapRun:x-fan-out/Members:1-2", StateMachineStatus.FAILED
)
RUN_3 = "arn:a:b:c:d:execution:m:run-1-3"
CAUSE = {
    "ExecutionArn": "arn:a:b:c:d:execution:m:run-1-1",
    "Status": "FAILED",
    "Error": "E",
    "Cause": "broke",
}


def child(number: int, item: object, **told: object) -> dict[str, object]:
    given = {"item": item, "index": number, "name": "run-1", "run": RUN}
    return {"Input": json.dumps(given), "Status": "SUCCEEDED", **told}


def test_results_are_read_from_all_files_in_the_order_of_the_items(world: World) -> None:
    world.deploy()
    deployed = world.context().deployed
    folder = f"{deployed.outputs.bucket_name}/outputfiles/fan-out/1-2"
    files = {
        "SUCCEEDED_0.json": [
            child(
                2,
                {"input": "s3://b/samplefiles/a.csv", "Key": "k"},
                Output=json.dumps({"execution_arn": "arn:a:b:c:d:execution:m:run-1-2-r1", "output": {}}),
            )
        ],
        "FAILED_0.json": [
            child(
                1, {"input": "s3://b/k"}, Status="FAILED", Error="States.TaskFailed", Cause=json.dumps(CAUSE)
            ),
            child(0, {"C": "1"}, Status="ABORTED"),
            child(3, {}, Status="FAILED", Cause=json.dumps(CAUSE | {"ExecutionArn": f"{RUN_3}-r2"})),
            child(4, {}, Status="FAILED", Cause='{"ExecutionArn": "cut'),
        ],
    }
    for name, content in files.items():
        world.storage.objects[f"{folder}/{name}"] = json.dumps(content)
    listed = {
        name.partition("_")[0]: [{"Key": f"outputfiles/fan-out/1-2/{name}", "Size": 1}] for name in files
    }
    manifest = {"ResultFiles": {**listed, "PENDING": []}}
    world.storage.objects[f"{folder}/manifest.json"] = json.dumps(manifest)

    found = read_results(deployed, FanOut(StateMachineExecution("arn", StateMachineStatus.FAILED), MAP_RUN))

    bucket = deployed.outputs.bucket_name
    assert [(item.number, item.status, item.execution) for item in found] == [
        (0, "ABORTED", "run-1-0"),
        (1, "FAILED", "run-1-1"),
        (2, "SUCCEEDED", "run-1-2-r1"),
        (3, "FAILED", "run-1-3-r2"),
        (4, "FAILED", "run-1-4"),
    ]
    assert [item.input for item in found[:3]] == ['{"C": "1"}', "s3://b/k", "s3://b/samplefiles/a.csv"]
    assert found[1].reason == "States.TaskFailed: execution m:run-1-1 ended FAILED: E: broke"
    assert found[2].result == f"s3://{bucket}/outputfiles/run-1/2/"


def test_each_item_of_a_batch_has_its_own_result(world: World) -> None:
    """A batch that succeeded tells it in its output, any other in its history: the newest attempt counts."""
    world.deploy()
    deployed, arn = world.context().deployed, "arn:a:b:c:d:execution:m/Batch:failed"
    items = [{"item": {"input": f"s3://b/{number}"}, "index": number} for number in range(7)]
    shared = {"BatchInput": {"name": "run-1", "run": RUN}}

    def told(chosen: slice, **ended: object) -> dict[str, object]:
        return {"Input": json.dumps(shared | {"Items": items[chosen]}), "Status": "SUCCEEDED", **ended}

    output = {"Results": [{"index": number, "execution_arn": f"a:b:run-1-{number}"} for number in (0, 1)]}
    batches = [
        told(slice(0, 2), Output=json.dumps(output)),
        told(slice(2, 6), ExecutionArn=arn, Status="FAILED", Error="States.QueryEvaluationError"),
        told(slice(6, 7), Status="PENDING"),
    ]
    folder = f"{deployed.outputs.bucket_name}/outputfiles/fan-out/1-2"
    world.storage.objects[f"{folder}/ALL_0.json"] = json.dumps(batches)
    manifest = {"ResultFiles": {"ALL": [{"Key": "outputfiles/fan-out/1-2/ALL_0.json", "Size": 1}]}}
    world.storage.objects[f"{folder}/manifest.json"] = json.dumps(manifest)
    succeeded: dict[str, object] = {"output": json.dumps({"ExecutionArn": "a:b:run-1-3"})}
    failed: dict[str, object] = {
        "error": "States.TaskFailed",
        "cause": json.dumps(CAUSE | {"ExecutionArn": "a:b:run-1-2"}),
    }
    refused: dict[str, object] = {"error": "StepFunctions.AccessDeniedException", "cause": "not allowed"}
    events: list[tuple[int, str, dict[str, object]]] = [
        (0, "ExecutionStarted", {}),
        (1, "TaskScheduled", {"parameters": json.dumps({"Name": "run-1-2"})}),
        (2, "TaskStarted", {}),
        (3, "TaskFailed", failed),
        (1, "TaskScheduled", {"parameters": json.dumps({"Name": "run-1-3"})}),
        (5, "TaskFailed", {"error": "StepFunctions.ThrottlingException"}),
        (6, "TaskScheduled", {"parameters": json.dumps({"Name": "run-1-3-r1"})}),
        (7, "TaskSucceeded", succeeded),
        (1, "TaskScheduled", {"parameters": json.dumps({"Name": "run-1-4"})}),
        (9, "TaskSubmitFailed", refused),
        (9, "TaskStateExited", {}),
        (1, "TaskScheduled", {"parameters": json.dumps({"Name": "run-1-5"})}),
    ]
    world.state_machines.histories[arn] = [
        (0.0, HistoryEvent(number, previous, kind, NOON, details))
        for number, (previous, kind, details) in enumerate(events, 1)
    ]

    found = read_results(deployed, FanOut(StateMachineExecution("arn", StateMachineStatus.FAILED), MAP_RUN))

    assert [(item.number, item.status, item.execution) for item in found] == [
        (0, "SUCCEEDED", "run-1-0"),
        (1, "SUCCEEDED", "run-1-1"),
        (2, "FAILED", "run-1-2"),
        (3, "SUCCEEDED", "run-1-3"),
        (4, "FAILED", "run-1-4"),
        (5, "FAILED", "run-1-5"),  # it had begun when its batch ended
        (6, "PENDING", "run-1-6"),
    ]
    assert found[2].reason.endswith("ended FAILED: E: broke")
    assert found[4].reason == "StepFunctions.AccessDeniedException: not allowed"
    assert found[5].input == "s3://b/5"


def test_a_fan_out_that_has_not_begun_has_no_results(world: World) -> None:
    world.deploy()
    deployed = world.context().deployed
    execution = StateMachineExecution("arn", StateMachineStatus.FAILED)
    assert read_results(deployed, FanOut(execution, None)) == []
    assert read_results(deployed, FanOut(execution, MAP_RUN)) == []


def test_the_numbers_of_a_map_run_say_what_waits() -> None:
    counts = MapRun("arn", StateMachineStatus.RUNNING, total=9, running=2, succeeded=3, failed=1)
    assert str(counts) == "pending 3, running 2, succeeded 3, failed 1"
