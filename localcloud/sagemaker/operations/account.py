"""SageMaker within one account and region, as the steps of a pipeline's executions call it.

Operations are those of the API itself, with the same checks: a step may ask what its owner may ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from localcloud.ports import ALL_PERMISSIONS, Permissions
from localcloud.sagemaker.hosting.state import EndpointStatus
from localcloud.sagemaker.jobs.job import Job, Kind
from localcloud.sagemaker.jobs.lifecycle import StopAsked
from localcloud.sagemaker.operations.call import Call
from localcloud.sagemaker.operations.table import OPERATIONS
from localcloud.sagemaker.pipelines.service import EarlierRun, StartedJob, StartedKind
from localcloud.sagemaker.pipelines.state import StepStatus
from localcloud.sagemaker.wire.requests import Request
from localcloud.validation import operation_model, validate

EXECUTION_TAG = "sagemaker:pipeline-execution-arn"
"""By this tag the SageMaker SDK finds what an execution has made (sagemaker.lineage)."""

_LOOK = 0.5  # seconds between two looks at an endpoint, which tells nobody here when it is in service


@dataclass(frozen=True, slots=True)
class Account:
    """The account of an execution's pipeline.

    `call_to_start`: the call that has started the execution: its store, its ports, its runtimes.
    `pipeline_arn`: the pipeline, among whose executions earlier runs are looked for.
    `execution_arn`: the execution, whose ARN is a tag of what its steps create.
    `permissions`: what the role may do that a step works as.
    """

    call_to_start: Call
    pipeline_arn: str
    execution_arn: str
    permissions: Permissions = ALL_PERMISSIONS

    def working_as(self, permissions: Permissions) -> "Account":
        """Give the same for a role that has these permissions."""
        return replace(self, permissions=permissions)

    def call(self, operation: str, request: Mapping[str, object]) -> dict[str, object]:
        """Carry out an operation; `ServiceError` as AWS would answer."""
        request = self._tagged(operation, request)
        validate("sagemaker", operation, request)
        self.permissions.require("sagemaker", operation, request)
        return OPERATIONS[operation](replace(self.call_to_start, request=Request(request)))

    def when_over(self, job: StartedJob, listener: Callable[[], None]) -> None:
        """Call a listener once, when the job is over; at once where it is over already."""
        if job.kind is not StartedKind.ENDPOINT:
            self._find(job).when_over(listener)
        elif self._is_coming(job.name):
            self.call_to_start.engine.timer(_LOOK, partial(self.when_over, job, listener))
        else:
            listener()

    def stop(self, job: StartedJob) -> None:
        """Ask a job to stop; one that is over, or an endpoint, is left alone."""
        if job.kind is not StartedKind.ENDPOINT:
            found = self._find(job)
            self.permissions.require("sagemaker", f"Stop{job.kind}Job", {f"{job.kind}JobName": job.name})
            found.handle(StopAsked())

    def find_run(self, step: str, cache_key: str, within: timedelta) -> EarlierRun | None:
        """Find the latest run of a step of the pipeline that succeeded within this time."""
        store, oldest = self.call_to_start.store, self.call_to_start.engine.clock() - within
        with store.lock:
            executions = [
                item for item in store.executions.values() if item.info.pipeline_arn == self.pipeline_arn
            ]
        found: tuple[datetime, EarlierRun] | None = None
        for execution in executions:
            state = execution.state.steps.get(step)
            if state is None or state.cache_key != cache_key or state.cache_source is not None:
                continue
            if state.status is not StepStatus.SUCCEEDED or state.end_time is None or state.end_time < oldest:
                continue
            if found is None or state.end_time > found[0]:
                run = EarlierRun(execution.info.arn, state.metadata, state.properties)
                found = (state.end_time, run)
        return None if found is None else found[1]

    def _tagged(self, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
        """Add the tag of all that steps create: so their role needs ``sagemaker:AddTags``, as on AWS.

        A model package in a group has the tags of its group (API reference, CreateModelPackage).
        """
        shape = operation_model("sagemaker", operation).input_shape
        is_in_group = operation == "CreateModelPackage" and request.get("ModelPackageGroupName")
        if not operation.startswith("Create") or "Tags" not in getattr(shape, "members", ()) or is_in_group:
            return request
        given = request.get("Tags")
        tags = given if isinstance(given, list) else []
        return {**request, "Tags": [*tags, {"Key": EXECUTION_TAG, "Value": self.execution_arn}]}

    def _is_coming(self, name: str) -> bool:
        """Tell whether an endpoint is still being created; one that was deleted meanwhile is not."""
        store = self.call_to_start.store
        with store.lock:
            endpoint = store.hosting.endpoints.get(name)
        return endpoint is not None and endpoint.state.status is EndpointStatus.CREATING

    def _find(self, job: StartedJob) -> Job:
        store = self.call_to_start.store
        with store.lock:
            return store.jobs.find(Kind(job.kind), job.name, "Requested resource not found.")
