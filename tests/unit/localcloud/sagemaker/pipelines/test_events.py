"""What EventBridge is told of an execution, in order."""

from itertools import pairwise

from tests.unit.localcloud.sagemaker.cloud import Cloud, callback_step, fail_step, function_arn, lambda_step

EXECUTION = "SageMaker Model Building Pipeline Execution Status Change"
STEP = "SageMaker Model Building Pipeline Execution Step Status Change"


def test_the_first_and_the_last_change_of_an_execution_are_told(cloud: Cloud) -> None:
    cloud.create(lambda_step("step"))
    arn = cloud.start(PipelineExecutionDisplayName="run-1", PipelineExecutionDescription="a test")
    cloud.wait_for_end(arn)
    pipeline_arn = arn.partition("/execution/")[0]
    first, last = [event for event in cloud.host.events if event[1] == EXECUTION]
    common = {
        "pipelineExecutionDisplayName": "run-1",
        "pipelineExecutionDescription": "a test",
        "executionStartTime": "2026-11-21T09:00:01Z",
        "pipelineArn": pipeline_arn,
        "pipelineExecutionArn": arn,
    }
    assert first == (
        "aws.sagemaker",
        EXECUTION,
        common | {"currentPipelineExecutionStatus": "Executing"},
        (pipeline_arn, arn),
    )
    ended = last[2].pop("executionEndTime")
    assert isinstance(ended, str)
    assert ended.startswith("2026-11-21T09:00:")
    assert last[2] == common | {
        "currentPipelineExecutionStatus": "Succeeded",
        "previousPipelineExecutionStatus": "Executing",
    }


def test_every_change_of_a_step_is_told_with_its_metadata(cloud: Cloud) -> None:
    cloud.host.functions[function_arn("function")] = lambda _: {"id": 7}
    arn = cloud.run(lambda_step("step", outputs={"id": "Integer"}))
    starting, executing, succeeded = cloud.host.details("Step Status Change")
    assert [detail["currentStepStatus"] for detail in (starting, executing, succeeded)] == [
        "Starting",
        "Executing",
        "Succeeded",
    ]
    assert "previousStepStatus" not in starting
    assert executing["previousStepStatus"] == "Starting"
    assert succeeded["previousStepStatus"] == "Executing"
    assert (succeeded["stepName"], succeeded["stepType"]) == ("step", "Lambda")
    assert succeeded["pipelineExecutionArn"] == arn
    assert "stepEndTime" not in executing
    assert str(succeeded["stepStartTime"]) < str(succeeded["stepEndTime"])
    assert succeeded["metadata"] == {
        "lambda": {"arn": function_arn("function"), "outputParameters": [{"name": "id", "value": "7"}]}
    }


def test_a_failed_step_tells_its_reason_and_a_failed_execution_none(cloud: Cloud) -> None:
    cloud.run(fail_step("step", "because"))
    assert cloud.host.details("Step Status Change")[-1]["failureReason"] == "because"
    assert not [key for key in cloud.host.details("Execution Status Change")[-1] if "eason" in key]


def test_events_of_an_execution_come_in_the_order_of_its_changes(cloud: Cloud) -> None:
    cloud.create(
        *(lambda_step(f"s{n}") for n in range(10)),
        callback_step("last", DependsOn=[f"s{n}" for n in range(10)]),
    )
    arns = [cloud.start() for _ in range(5)]
    for body in cloud.wait_for_messages(5):
        cloud.succeed(body["token"])
    for arn in arns:
        cloud.wait_for_end(arn)
        mine = [detail for _, _, detail, _ in cloud.host.events if detail["pipelineExecutionArn"] == arn]
        assert mine[0]["currentPipelineExecutionStatus"] == "Executing"
        assert mine[-1]["currentPipelineExecutionStatus"] == "Succeeded"
        for step in {detail["stepName"] for detail in mine if "stepName" in detail}:
            changes = [detail for detail in mine if detail.get("stepName") == step]
            for before, after in pairwise(changes):
                assert after["previousStepStatus"] == before["currentStepStatus"]
