"""The rules of EventBridge by which Step Functions hears of the end of what a ``.sync`` task has started.

Source: Step Functions developer guide, the IAM policies of each integrated service. The role of the state
machine must be allowed to make the rule when the state machine is made.
"""

from collections.abc import Iterator, Mapping, Sequence

from localcloud.states_language.resources import parts

_OF_JOBS = "StepFunctionsGetEventsForSageMaker{}JobsRule"
RULES: Mapping[tuple[str, str], str] = {
    ("sagemaker", "createHyperParameterTuningJob"): _OF_JOBS.format("Tuning"),
    ("sagemaker", "createProcessingJob"): _OF_JOBS.format("Processing"),
    ("sagemaker", "createTrainingJob"): _OF_JOBS.format("Training"),
    ("sagemaker", "createTransformJob"): _OF_JOBS.format("Transform"),
    ("states", "startExecution"): "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}


def managed_rules(definition: object) -> list[str]:
    """Name the rules that a definition's tasks need, each once."""
    found = filter(None, (parts(resource) for resource in _resources(definition)))
    rules = (RULES.get((service, action)) for service, action, how in found if how.startswith("sync"))
    return list(dict.fromkeys(filter(None, rules)))


def _resources(value: object) -> Iterator[str]:
    """Yield every resource, wherever its task stands."""
    if isinstance(value, Mapping):
        resource = value.get("Resource")
        if isinstance(resource, str):
            yield resource
        for item in value.values():
            yield from _resources(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _resources(item)
