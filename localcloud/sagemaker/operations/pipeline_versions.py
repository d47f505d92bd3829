"""Versions of pipelines: ListPipelineVersions, UpdatePipelineVersion, and which one a request means.

A version is made with the pipeline and by each update that changes its definition. Aliases: API reference,
"CreatePipeline" and "UpdatePipelineVersion".
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from localcloud.errors import ServiceError, ValidationError
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.pipelines.definition import Definition
from localcloud.sagemaker.store import Pipeline, PipelineVersion, not_found
from localcloud.sagemaker.wire.pagination import is_between, is_descending, page
from localcloud.sagemaker.wire.requests import Answer, Request, present

_MOST_ALIASES = 10


def first_version(call: Call, definition: Definition, now: datetime) -> PipelineVersion:
    """Make the version that a pipeline begins with."""
    aliases = _checked(call.request.texts("PipelineVersionAliases"), ())
    return PipelineVersion(1, definition, now, aliases=aliases)


def with_definition(call: Call, pipeline: Pipeline, definition: Definition | None, now: datetime) -> Pipeline:
    """Give a pipeline another definition, as a new version, unless it is the one that it has."""
    aliases = call.request.texts("PipelineVersionAliases")
    if definition is None or _content(definition) == _content(pipeline.definition):
        if aliases:
            raise ValidationError(
                "You can specify PipelineVersionAliases only when the update changes the pipeline definition."
            )
        return pipeline
    new = PipelineVersion(
        pipeline.versions[-1].id + 1,
        definition,
        now,
        aliases=_checked(aliases, pipeline.versions),
    )
    return replace(pipeline, definition=definition, versions=(*pipeline.versions, new))


def find_version(pipeline: Pipeline, request: Request) -> PipelineVersion:
    """Give the version that a request names by ID or alias, or else the latest."""
    number, alias = (
        request.optional_number("PipelineVersionId"),
        request.optional_text("PipelineVersionAlias"),
    )
    if number is not None and alias is not None:
        raise ValidationError("PipelineVersionId and PipelineVersionAlias can't be specified together.")
    if number is None and alias is None:
        return pipeline.versions[-1]
    for version in pipeline.versions:
        if version.id == number or alias in version.aliases:
            return version
    what = f"version with alias '{alias}'" if number is None else f"version {number}"
    raise not_found(f"Pipeline '{pipeline.arn}' has no {what}.")


def list_pipeline_versions(call: Call) -> Answer:
    """List the versions of a pipeline, the newest first unless told otherwise."""
    request = call.request
    pipeline = call.store.find_pipeline(request.text("PipelineName"))
    versions = [
        item
        for item in pipeline.versions
        if is_between(item.created, request, "CreatedAfter", "CreatedBefore")
    ]
    found, token = page(request, versions, lambda item: (item.id,), descending=is_descending(request))
    return present(PipelineVersionSummaries=[_summary(pipeline, item) for item in found], NextToken=token)


def update_pipeline_version(call: Call) -> Answer:
    """Change a version's display name, description and aliases."""
    request, store = call.request, call.store
    with store.lock:
        pipeline = store.find_pipeline(request.text("PipelineArn"))
        version = find_version(pipeline, request)
        change = request.optional_structure("PipelineVersionAliasOperations") or Request({})
        gone = set(change.texts("Remove"))
        left = tuple(alias for alias in version.aliases if alias not in gone)
        others = [replace(item, aliases=left) if item is version else item for item in pipeline.versions]
        added = [alias for alias in change.texts("Add") if alias not in left]
        new = replace(
            version,
            display_name=request.optional_text("PipelineVersionDisplayName") or version.display_name,
            description=_either(request.optional_text("PipelineVersionDescription"), version.description),
            aliases=(*left, *_checked(added, others, len(left))),
        )
        kept = tuple(new if item is version else item for item in pipeline.versions)
        store.pipelines[pipeline.name] = replace(pipeline, versions=kept)
        return {"PipelineArn": pipeline.arn, "PipelineVersionId": version.id}


def _either(given: str | None, known: str | None) -> str | None:
    return known if given is None else given


def _content(definition: Definition) -> object:
    return json.loads(definition.text)


def _checked(aliases: Sequence[str], versions: Sequence[PipelineVersion], there: int = 0) -> tuple[str, ...]:
    """Check the aliases that a version is to get."""
    taken = {alias: item.id for item in versions for alias in item.aliases}
    for alias in aliases:
        if re.fullmatch(r"\d+", alias):
            raise ValidationError(f"The alias '{alias}' can't consist of numbers only.")
        if alias in taken:
            raise ServiceError(
                "ConflictException",
                f"The alias '{alias}' is assigned to version {taken[alias]}. Remove it first.",
            )
    if len(set(aliases)) + there > _MOST_ALIASES:
        raise ValidationError(f"A pipeline version can have up to {_MOST_ALIASES} aliases.")
    return tuple(dict.fromkeys(aliases))


def _summary(pipeline: Pipeline, version: PipelineVersion) -> Answer:
    return present(
        PipelineArn=pipeline.arn,
        PipelineVersionId=version.id,
        CreationTime=version.created,
        PipelineVersionDisplayName=version.display_name,
        PipelineVersionDescription=version.description,
        LastExecutionPipelineExecutionArn=version.last_execution,
        PipelineVersionAliases=list(version.aliases) or None,
    )
