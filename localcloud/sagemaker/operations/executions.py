"""Operations on executions: start, stop, update, describe, list, and what they consist of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from localcloud.errors import ValidationError
from localcloud.ports import Ports
from localcloud.sagemaker.operations.account import Account
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.experiments import ensure
from localcloud.sagemaker.operations.pipeline_versions import find_version
from localcloud.sagemaker.operations.pipelines import max_parallel_steps, parallelism
from localcloud.sagemaker.pipelines.definition import Definition
from localcloud.sagemaker.pipelines.expressions import Environment, evaluate
from localcloud.sagemaker.pipelines.parameters import ParameterError, bind
from localcloud.sagemaker.pipelines.reading import StepError
from localcloud.sagemaker.pipelines.runtime import Execution
from localcloud.sagemaker.pipelines.selection import select
from localcloud.sagemaker.pipelines.state import (
    ExecutionInfo,
    Selection,
    StepState,
    StepStatus,
    execution_variables,
)
from localcloud.sagemaker.pipelines.turn import ParallelismChanged, RetryRequested, StopRequested
from localcloud.sagemaker.pipelines.values import render
from localcloud.sagemaker.store import Pipeline, conflict
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, present

_UNSUPPORTED = ("MlflowExperimentName", "RoleArn")


def start_pipeline_execution(call: Call) -> Answer:
    """Start an execution of a version of the pipeline, the latest unless told otherwise."""
    call.request.refuse(_UNSUPPORTED)
    # The ports before the store's lock: to make clients of other services takes its time.
    return call.store.once("StartPipelineExecution", call.request, partial(_start, call, call.ports()))


def stop_pipeline_execution(call: Call) -> Answer:
    """Stop an execution; one that is stopping already continues to stop."""
    return call.store.once("StopPipelineExecution", call.request, partial(_stop, call))


def retry_pipeline_execution(call: Call) -> Answer:
    """Run again what has not succeeded of an execution that failed or was stopped."""
    return call.store.once("RetryPipelineExecution", call.request, partial(_retry, call, call.ports()))


def update_pipeline_execution(call: Call) -> Answer:
    """Change display name, description or parallelism of an execution."""
    request = call.request
    execution = _find(call)
    execution.rename(
        request.optional_text("PipelineExecutionDisplayName"),
        request.optional_text("PipelineExecutionDescription"),
        call.user_context(),
    )
    if max_parallel := max_parallel_steps(request):
        execution.handle(ParallelismChanged(max_parallel))
    return {"PipelineExecutionArn": execution.info.arn}


def describe_pipeline_execution(call: Call) -> Answer:
    """Describe an execution."""
    execution = _find(call)
    info, state = execution.info, execution.state
    return present(
        PipelineArn=info.pipeline_arn,
        PipelineExecutionArn=info.arn,
        PipelineExecutionDisplayName=info.display_name,
        PipelineExecutionStatus=state.status,
        PipelineExecutionDescription=info.description,
        PipelineExperimentConfig=dict(info.experiment) or None,
        FailureReason=state.failure_reason,
        CreationTime=info.created,
        LastModifiedTime=state.last_modified,
        CreatedBy=info.created_by,
        LastModifiedBy=info.last_modified_by,
        ParallelismConfiguration=parallelism(state.max_parallel),
        SelectiveExecutionConfig=_selective(info),
        PipelineVersionId=info.version,
    )


def list_pipeline_executions(call: Call) -> Answer:
    """List the executions of a pipeline, the newest first unless told otherwise."""
    request = call.request
    pipeline = call.store.find_pipeline(request.text("PipelineName"))
    alias = request.optional_text("PipelineVersionAlias")
    version = None if alias is None else find_version(pipeline, request).id
    executions = [
        execution
        for execution in call.store.executions_of(pipeline)
        if is_between(execution.info.created, request, "CreatedAfter", "CreatedBefore")
        and version in {None, execution.info.version}
    ]

    def key(execution: Execution) -> Key:
        if request.optional_text("SortBy") == "PipelineExecutionArn":
            return (execution.info.arn,)
        return (execution.info.created.timestamp(), execution.info.arn)

    found, token = page(request, executions, key, descending=is_descending(request))
    return present(PipelineExecutionSummaries=[_summary(item) for item in found], NextToken=token)


def list_pipeline_execution_steps(call: Call) -> Answer:
    """List the steps that have started, the last first unless told otherwise."""
    if call.request.optional_text("PipelineExecutionArn") is None:
        raise ValidationError(
            "1 validation error detected: Value null at 'pipelineExecutionArn' failed to satisfy constraint: "
            "Member must not be null"
        )
    execution = _find(call)
    started = list(enumerate(execution.state.steps.items()))
    found, token = page(
        call.request, started, lambda item: (item[0],), descending=is_descending(call.request)
    )
    steps = [_step(execution.info, name, state) for _, (name, state) in found]
    return present(PipelineExecutionSteps=steps, NextToken=token)


def list_pipeline_parameters_for_execution(call: Call) -> Answer:
    """List the parameters that the execution was given, in their order."""
    given = list(enumerate(_find(call).info.given))
    found, token = page(call.request, given, lambda item: (item[0],), descending=False)
    parameters = [{"Name": name, "Value": value} for _, (name, value) in found]
    return present(PipelineParameters=parameters, NextToken=token)


def describe_pipeline_definition_for_execution(call: Call) -> Answer:
    """Give the definition that the execution was started with."""
    info = _find(call).info
    return {"PipelineDefinition": info.definition.text, "CreationTime": info.created}


def _start(call: Call, ports: Ports) -> Answer:
    request, store = call.request, call.store
    pipeline, now = store.find_pipeline(request.text("PipelineName")), call.engine.clock()
    user = call.user_context()
    arn = store.new_execution_arn(pipeline)
    version = find_version(pipeline, request)
    given = [(item.text("Name"), item.text("Value")) for item in request.structures("PipelineParameters")]
    try:
        selection, given = _select(call, pipeline, version.definition, given)
        info = ExecutionInfo(
            arn=arn,
            execution_id=arn.rpartition("/")[2],
            pipeline_arn=pipeline.arn,
            pipeline_name=pipeline.name,
            role_arn=pipeline.role_arn,
            display_name=request.optional_text("PipelineExecutionDisplayName") or _display_name(now),
            description=request.optional_text("PipelineExecutionDescription"),
            definition=version.definition,
            given=tuple(given),
            parameters=bind(version.definition.parameters, given),
            experiment={},
            created=now,
            created_by=user,
            last_modified_by=user,
            version=version.id,
            selection=selection,
        )
        info = replace(info, experiment=_experiment(info))
    except (ParameterError, StepError) as error:
        raise ValidationError(str(error)) from error
    max_parallel = max_parallel_steps(request) or pipeline.max_parallel
    execution = Execution(info, call.engine, max_parallel=max_parallel)
    execution.equip(ports, Account(call.lasting(), pipeline.arn, arn), store.issue_token)
    ensure(store, info.experiment, now, user)
    store.forget_surplus()
    store.executions[arn] = execution
    versions = tuple(
        replace(item, last_execution=arn) if item is version else item for item in pipeline.versions
    )
    store.pipelines[pipeline.name] = replace(pipeline, last_run=now, versions=versions)
    execution.begin()
    return {"PipelineExecutionArn": arn}


def _select(
    call: Call, pipeline: Pipeline, definition: Definition, given: list[tuple[str, str]]
) -> tuple[Selection | None, list[tuple[str, str]]]:
    """Read which steps are selected, if only some are, and the parameters with those of the source."""
    wanted = call.request.optional_structure("SelectiveExecutionConfig")
    if wanted is None:
        return None, given
    names = tuple(dict.fromkeys(item.text("StepName") for item in wanted.structures("SelectedSteps")))
    arn = wanted.optional_text("SourcePipelineExecutionArn")
    source = None if arn is None else call.store.find_execution(arn)
    if source is not None and source.info.pipeline_arn != pipeline.arn:
        raise ValidationError(f"The source pipeline execution {arn} is not one of {pipeline.arn}.")
    if source is None:
        return select(definition.graph, names, None, None), given
    own = {name for name, _ in given}
    kept = [
        (name, value)
        for name, value in source.info.given
        if name in definition.parameters and name not in own
    ]
    return select(definition.graph, names, arn, source.state), kept + given


def _selective(info: ExecutionInfo) -> Answer | None:
    if info.selection is None:
        return None
    return present(
        SourcePipelineExecutionArn=info.selection.source,
        SelectedSteps=[{"StepName": name} for name in info.selection.steps],
    )


def _display_name(now: datetime) -> str:
    """Name an execution that was given no name, as AWS does: by its milliseconds."""
    return f"execution-{int(now.timestamp() * 1000)}"


def _experiment(info: ExecutionInfo) -> Mapping[str, str]:
    environment = Environment(info.parameters, execution_variables(info, info.created), {}, _read_nothing)
    return {name: render(evaluate(item, environment)) for name, item in info.definition.experiment.items()}


def _read_nothing(uri: str) -> object:
    raise StepError(f"PipelineExperimentConfig cannot be read from {uri}.")


def _stop(call: Call) -> Answer:
    execution = _find(call)
    if not execution.handle(StopRequested()) and execution.is_over:
        raise conflict(
            f"Pipeline execution with ARN '{execution.info.arn}' cannot be stopped: its status is "
            f"{execution.state.status}."
        )
    execution.modified(call.user_context())
    return {"PipelineExecutionArn": execution.info.arn}


def _retry(call: Call, ports: Ports) -> Answer:
    execution, store = _find(call), call.store
    arn = execution.info.arn
    execution.equip(ports, Account(call.lasting(), execution.info.pipeline_arn, arn), store.issue_token)
    if not execution.handle(RetryRequested(max_parallel_steps(call.request))):
        raise conflict(
            f"Pipeline execution with ARN '{arn}' cannot be retried: its status is {execution.state.status}."
        )
    execution.modified(call.user_context())
    # Who was asked before the retry may not answer for it; new tokens wait for the store's lock.
    over = {name for name, step in execution.state.steps.items() if step.status is StepStatus.SUCCEEDED}
    store.tokens = {
        token: (owner, step)
        for token, (owner, step) in store.tokens.items()
        if owner is not execution or step in over
    }
    return {"PipelineExecutionArn": arn}


def _find(call: Call) -> Execution:
    return call.store.find_execution(call.request.text("PipelineExecutionArn"))


def _summary(execution: Execution) -> Answer:
    info, state = execution.info, execution.state
    return present(
        PipelineExecutionArn=info.arn,
        StartTime=info.created,
        PipelineExecutionStatus=state.status,
        PipelineExecutionDescription=info.description,
        PipelineExecutionDisplayName=info.display_name,
        PipelineExecutionFailureReason=state.failure_reason,
    )


def _step(info: ExecutionInfo, name: str, state: StepState) -> Answer:
    header, source = info.definition.graph.steps[name].header, state.cache_source
    return present(
        StepName=name,
        StepDisplayName=header.display_name,
        StepDescription=header.description,
        StartTime=state.start_time,
        EndTime=state.end_time,
        StepStatus=state.status,
        FailureReason=state.failure_reason,
        Metadata=dict(state.metadata),
        AttemptCount=state.attempt,
        CacheHitResult=source and {"SourcePipelineExecutionArn": source},
        SelectiveExecutionResult=state.reused_from and {"SourcePipelineExecutionArn": state.reused_from},
    )
