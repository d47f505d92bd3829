"""Operations on pipelines: Create-, Update-, Describe-, Delete- and ListPipelines.

Wording of refusals, where it is AWS's own, is taken from moto's ``sagemaker`` backend, which copies it.
"""

from dataclasses import replace
from functools import partial

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.pipeline_versions import find_version, first_version, with_definition
from localcloud.sagemaker.pipelines.definition import LONGEST, Definition, parse_definition
from localcloud.sagemaker.pipelines.documents import read_text
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.sagemaker.store import Pipeline, conflict
from localcloud.sagemaker.wire.identifiers import pipeline_arn
from localcloud.sagemaker.wire.pagination import Key, is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present
from localcloud.sagemaker.wire.tags import read_tags


def create_pipeline(call: Call) -> Answer:
    """Create a pipeline from a definition that can be executed."""
    definition = _read_definition(call)
    if definition is None:
        raise ValidationError(
            "Either Pipeline Definition or Pipeline Definition S3 location should be provided"
        )
    return call.store.once("CreatePipeline", call.request, partial(_create, call, definition))


def update_pipeline(call: Call) -> Answer:
    """Replace what the request names; executions that run keep what they were started with."""
    request, definition = call.request, _read_definition(call)
    with call.store.lock:
        now = call.engine.clock()
        old = with_definition(call, call.store.find_pipeline(request.text("PipelineName")), definition, now)
        description = request.optional_text("PipelineDescription")
        new = replace(
            old,
            display_name=request.optional_text("PipelineDisplayName") or old.display_name,
            description=old.description if description is None else description,
            role_arn=request.optional_text("RoleArn") or old.role_arn,
            max_parallel=max_parallel_steps(request) or old.max_parallel,
            last_modified=now,
            last_modified_by=call.user_context(),
        )
        call.store.pipelines[new.name] = new
        return {"PipelineArn": new.arn, "PipelineVersionId": new.versions[-1].id}


def describe_pipeline(call: Call) -> Answer:
    """Describe a pipeline, with the definition of one of its versions."""
    pipeline = call.store.find_pipeline(call.request.text("PipelineName"))
    version = find_version(pipeline, call.request)
    return present(
        PipelineArn=pipeline.arn,
        PipelineName=pipeline.name,
        PipelineDisplayName=pipeline.display_name,
        PipelineDefinition=version.definition.text,
        PipelineDescription=pipeline.description,
        RoleArn=pipeline.role_arn,
        PipelineStatus="Active",
        CreationTime=pipeline.created,
        LastModifiedTime=pipeline.last_modified,
        LastRunTime=pipeline.last_run,
        CreatedBy=pipeline.created_by,
        LastModifiedBy=pipeline.last_modified_by,
        ParallelismConfiguration=parallelism(pipeline.max_parallel),
        PipelineVersionDisplayName=version.display_name,
        PipelineVersionDescription=version.description,
        PipelineVersionAliases=list(version.aliases) or None,
    )


def delete_pipeline(call: Call) -> Answer:
    """Delete a pipeline and its executions, none of which may be running."""
    return call.store.once("DeletePipeline", call.request, partial(_delete, call))


def list_pipelines(call: Call) -> Answer:
    """List pipelines, the newest first unless told otherwise."""
    request = call.request
    request.refuse(("ManagedBy",))
    prefix = request.optional_text("PipelineNamePrefix") or ""
    with call.store.lock:
        pipelines = [
            pipeline
            for pipeline in call.store.pipelines.values()
            if pipeline.name.startswith(prefix)
            and is_between(pipeline.created, request, "CreatedAfter", "CreatedBefore")
        ]

    def key(pipeline: Pipeline) -> Key:
        if request.optional_text("SortBy") == "Name":
            return (pipeline.name,)
        return (pipeline.created.timestamp(), pipeline.name)

    found, token = page(request, pipelines, key, descending=is_descending(request))
    return present(PipelineSummaries=[_summary(pipeline) for pipeline in found], NextToken=token)


def max_parallel_steps(request: Request) -> int | None:
    """Give MaxParallelExecutionSteps, or None."""
    configuration = request.optional_structure("ParallelismConfiguration")
    return None if configuration is None else configuration.optional_number("MaxParallelExecutionSteps")


def parallelism(max_parallel: int | None) -> dict[str, int] | None:
    """Give the ParallelismConfiguration of an answer, or None."""
    return None if max_parallel is None else {"MaxParallelExecutionSteps": max_parallel}


def _create(call: Call, definition: Definition) -> Answer:
    request, store = call.request, call.store
    name = request.text("PipelineName")
    if name in store.pipelines:
        raise ValidationError(
            "Pipeline names must be unique within an AWS account and region. "
            f"Pipeline with name ({name}) already exists."
        )
    tags, now, user = read_tags(request.structures("Tags")), call.engine.clock(), call.user_context()
    pipeline = Pipeline(
        arn=pipeline_arn(store.caller, name),
        name=name,
        display_name=request.optional_text("PipelineDisplayName") or name,
        description=request.optional_text("PipelineDescription"),
        role_arn=request.text("RoleArn"),
        definition=definition,
        max_parallel=max_parallel_steps(request),
        created=now,
        last_modified=now,
        created_by=user,
        last_modified_by=user,
        versions=(first_version(call, definition, now),),
    )
    store.pipelines[name] = pipeline
    store.tags[pipeline.arn] = tags
    return {"PipelineArn": pipeline.arn}


def _delete(call: Call) -> Answer:
    store = call.store
    pipeline = store.find_pipeline(call.request.text("PipelineName"))
    executions = store.executions_of(pipeline)
    running = [execution.info.arn for execution in executions if not execution.is_over]
    if running:
        raise conflict(
            f"Pipeline '{pipeline.name}' has running executions; stop them with StopPipelineExecution before "
            f"you delete it: {', '.join(running[:5])}"
        )
    store.forget(executions)
    del store.pipelines[pipeline.name]
    del store.tags[pipeline.arn]
    return {"PipelineArn": pipeline.arn}


def _summary(pipeline: Pipeline) -> Answer:
    return present(
        PipelineArn=pipeline.arn,
        PipelineName=pipeline.name,
        PipelineDisplayName=pipeline.display_name,
        PipelineDescription=pipeline.description,
        RoleArn=pipeline.role_arn,
        CreationTime=pipeline.created,
        LastModifiedTime=pipeline.last_modified,
        LastExecutionTime=pipeline.last_run,
    )


def _read_definition(call: Call) -> Definition | None:
    """Read the definition of a request, given inline or in S3; None where there is none."""
    text = call.request.optional_text("PipelineDefinition")
    location = call.request.optional_structure("PipelineDefinitionS3Location")
    if text is not None and location is not None:
        raise ValidationError(
            "Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present"
        )
    if location is not None:
        text = _read_from_s3(call, location)
    if text is None:
        return None
    try:
        return parse_definition(text)
    except DefinitionError as error:
        raise ValidationError(f"Unable to parse pipeline definition. {error}") from error


def _read_from_s3(call: Call, location: Request) -> str:
    bucket, key, version = (
        location.text("Bucket"),
        location.text("ObjectKey"),
        location.optional_text("VersionId"),
    )
    try:
        # A character of UTF-8 takes at most four bytes; the characters are counted later.
        return read_text(call.ports().objects, bucket, key, 4 * LONGEST, version)
    except ServiceError as error:
        raise ValidationError(f"Unable to read pipeline definition s3://{bucket}/{key}. {error}") from error
    except ValueError as error:
        raise ValidationError(f"Unable to read pipeline definition. {error}") from error
