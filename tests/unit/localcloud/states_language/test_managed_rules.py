"""Rules that Step Functions makes for tasks that wait."""

from localcloud.states_language.managed_rules import RULES, managed_rules


def task(resource: str) -> dict[str, object]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}


def test_each_waiting_task_needs_its_rule_once_wherever_it_stands() -> None:
    branch = {"StartAt": "a", "States": {"a": task("states:startExecution.sync:2")}}
    iterations = {"StartAt": "a", "States": {"a": task("sagemaker:createTrainingJob.sync")}}
    definition = {
        "States": {
            "train": task("sagemaker:createTrainingJob.sync"),
            "both": {"Type": "Parallel", "Branches": [branch, branch]},
            "each": {"Type": "Map", "ItemProcessor": iterations},
        }
    }
    assert managed_rules(definition) == [
        "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        "StepFunctionsGetEventsForStepFunctionsExecutionRule",
    ]


def test_tasks_that_do_not_wait_need_none() -> None:
    states = {
        "a": task("sagemaker:createTrainingJob"),
        "b": task("states:startExecution.waitForTaskToken"),
        "c": task("sqs:sendMessage"),
        "d": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"},
    }
    assert managed_rules({"States": states}) == []
    assert managed_rules(None) == []


def test_every_job_that_can_be_waited_for_has_a_rule() -> None:
    assert RULES["sagemaker", "createHyperParameterTuningJob"] == (
        "StepFunctionsGetEventsForSageMakerTuningJobsRule"
    )
    assert len(set(RULES.values())) == len(RULES)
