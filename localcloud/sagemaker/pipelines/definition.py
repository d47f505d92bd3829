"""The pipeline definition: a JSON document, read and checked when a pipeline is created.

Nothing that the engine could not run passes: a member that nobody would read is refused, and so is a
step of a type that the local cloud does not run. AWS opens the message of such a refusal with "Unable to
parse pipeline definition."
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.callback_step import parse_callback_step
from localcloud.sagemaker.pipelines.clarify_check_step import parse_clarify_check_step
from localcloud.sagemaker.pipelines.condition_step import branches_of, parse_condition_step
from localcloud.sagemaker.pipelines.creating_steps import parse_endpoint_config_step, parse_model_step
from localcloud.sagemaker.pipelines.endpoint_step import parse_endpoint_step
from localcloud.sagemaker.pipelines.expressions import (
    ExecutionReference,
    Expression,
    ParameterReference,
    StepReference,
    parse_expression,
    references,
)
from localcloud.sagemaker.pipelines.fail_step import parse_fail_step
from localcloud.sagemaker.pipelines.graph import Branch, Graph, build_graph
from localcloud.sagemaker.pipelines.job_step import parse_training_step, parse_transform_step
from localcloud.sagemaker.pipelines.lambda_step import parse_lambda_step
from localcloud.sagemaker.pipelines.parameters import Parameter, parse_parameters
from localcloud.sagemaker.pipelines.processing_step import parse_processing_step
from localcloud.sagemaker.pipelines.quality_check_step import parse_quality_check_step
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    only_members,
    present,
    take_list,
    take_object,
)
from localcloud.sagemaker.pipelines.register_model_step import parse_register_model_step
from localcloud.sagemaker.pipelines.request_step import RequestStep
from localcloud.sagemaker.pipelines.steps import Header, Step, StepType, parse_header, parse_name
from localcloud.sagemaker.pipelines.tuning_step import parse_tuning_step

VERSION = "2020-12-01"
LONGEST = 1_048_576  # characters, by the service model
_MEMBERS = {"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps"}

# The factory: one parser, in a file of its own, for each type of step.
_PARSERS: Mapping[StepType, Callable[[Header, dict[str, object]], Step]] = {
    StepType.TRAINING: parse_training_step,
    StepType.PROCESSING: parse_processing_step,
    StepType.TRANSFORM: parse_transform_step,
    StepType.TUNING: parse_tuning_step,
    StepType.QUALITY_CHECK: parse_quality_check_step,
    StepType.CLARIFY_CHECK: parse_clarify_check_step,
    StepType.MODEL: parse_model_step,
    StepType.REGISTER_MODEL: parse_register_model_step,
    StepType.ENDPOINT_CONFIG: parse_endpoint_config_step,
    StepType.ENDPOINT: parse_endpoint_step,
    StepType.LAMBDA: parse_lambda_step,
    StepType.CALLBACK: parse_callback_step,
    StepType.CONDITION: parse_condition_step,
    StepType.FAIL: parse_fail_step,
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition that can be executed.

    `experiment`: ExperimentName and TrialName, where the document has a PipelineExperimentConfig.
    """

    text: str
    parameters: Mapping[str, Parameter]
    graph: Graph
    experiment: Mapping[str, Expression]


def parse_definition(text: str) -> Definition:
    """Read and check a pipeline definition.

    Raises `DefinitionError` where anything is wrong with it; the message names the step.
    """
    if len(text) > LONGEST:
        raise DefinitionError(f"The definition is too long (length: {len(text)}, maximum allowed: {LONGEST})")
    try:
        return _parse(text)
    except RecursionError as error:
        raise DefinitionError("The definition is nested too deeply.") from error


def _parse(text: str) -> Definition:
    try:
        members = take_object(json.loads(text, parse_constant=_refuse_constant), "the definition")
    except ValueError as error:
        raise DefinitionError(f"The definition is not JSON: {error}.") from error
    members = only_members(members, _MEMBERS)
    if "MlflowConfig" in members:
        raise DefinitionError("MlflowConfig is not supported by the local cloud.")
    if members.get("Version", VERSION) != VERSION:
        raise DefinitionError(f"Value '{members['Version']}' for 'Version' must be '{VERSION}'.")
    take_object(members.get("Metadata", {}), "Metadata")
    parameters = parse_parameters(members.get("Parameters", []))
    experiment = _parse_experiment(members.get("PipelineExperimentConfig"))
    graph = build_graph(_parse_steps(take_list(members.get("Steps"), "Steps")))
    for name, step in graph.steps.items():
        for expression in step.expressions():
            _check_parameters(expression, parameters, f"Step '{name}'")
            _check_variables(expression, step)
        if isinstance(step, RequestStep):
            step.check(parameters)
    for expression in experiment.values():
        _check_parameters(expression, parameters, "PipelineExperimentConfig")
        for reference in references(expression):
            match reference:
                case StepReference() | ExecutionReference("TrainingJobName" | "ProcessingJobName"):
                    raise DefinitionError("PipelineExperimentConfig cannot refer to steps or their jobs.")
    return Definition(text, parameters, graph, experiment)


def _parse_steps(documents: list[object]) -> Iterator[tuple[Step, Branch | None]]:
    """Yield every step, and after a Condition step those of its branches."""
    for document in documents:
        members = take_object(document, "a member of Steps")
        step = _parse_step(members)
        yield step, None
        if step.header.type is StepType.CONDITION:
            for outcome, inner in branches_of(members, step.header.where):
                inner_step = _parse_step(inner)
                if inner_step.header.type is StepType.CONDITION:
                    raise DefinitionError(
                        f"Step '{inner_step.header.name}' of type 'Condition' cannot be inside step "
                        f"'{step.header.name}': nested Condition steps are not supported."
                    )
                yield inner_step, Branch(step.header.name, outcome)


def _parse_step(members: dict[str, object]) -> Step:
    name, kind = parse_name(members), members.get("Type")
    if not isinstance(kind, str) or kind not in set(StepType):
        raise DefinitionError(
            f"Step '{name}' is of type '{kind}', which the local cloud does not run. "
            f"It runs steps of type {', '.join(StepType)}."
        )
    step_type = StepType(kind)
    return _PARSERS[step_type](parse_header(present(members), step_type), members)


def _parse_experiment(document: object) -> dict[str, Expression]:
    if document is None:
        return {}
    members = take_object(document, "PipelineExperimentConfig")
    return {
        name: parse_expression(value, f"PipelineExperimentConfig, {name}")
        for name, value in only_members(members, {"ExperimentName", "TrialName"}).items()
    }


def _check_parameters(expression: Expression, parameters: Mapping[str, Parameter], where: str) -> None:
    for reference in references(expression):
        if isinstance(reference, ParameterReference) and reference.name not in parameters:
            raise DefinitionError(
                f"{where} refers to 'Parameters.{reference.name}', but the definition does not declare it."
            )


def _check_variables(expression: Expression, step: Step) -> None:
    for reference in references(expression):
        match reference:
            case ExecutionReference(("TrainingJobName" | "ProcessingJobName") as variable):
                if variable != f"{step.header.type}JobName":
                    raise DefinitionError(
                        f"{step.header.where} of type '{step.header.type}' refers to 'Execution.{variable}', "
                        f"which only a step of type '{variable.removesuffix('JobName')}' has."
                    )


def _refuse_constant(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
