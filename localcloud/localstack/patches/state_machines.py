"""What is told of state machines, tags of activities, and keys that are refused."""

from collections.abc import Callable
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import (
    CreateActivityOutput,
    CreateStateMachineOutput,
    InvalidEncryptionConfiguration,
    ListTagsForResourceOutput,
    StateMachineType,
    TagResourceOutput,
    UntagResourceOutput,
    UpdateStateMachineOutput,
)
from localstack.services.stepfunctions.asl.static_analyser.express_static_analyser import (
    ExpressStaticAnalyser,
)
from localstack.services.stepfunctions.backend.activity import Activity
from localstack.services.stepfunctions.backend.state_machine import (
    StateMachineInstance,
    StateMachineRevision,
    TagManager,
)
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch


def apply() -> None:
    """Apply all patches of this module."""
    tell_of_tracing_and_logging()
    let_updates_be_complete()
    let_activities_have_tags()
    refuse_keys_of_customers()


def tell_of_tracing_and_logging() -> None:
    """Defect: DescribeStateMachine leaves out tracing, and logging that is off; Terraform sees a change."""

    @patch(StateMachineInstance.describe)
    def describe(original: Callable[..., Any], self: StateMachineInstance) -> Any:
        tracing = self.tracing_config or {"enabled": False}
        logging = {"level": "OFF", "includeExecutionData": False, **(self.logging_config or {})}
        return original(self) | {"tracingConfiguration": tracing, "loggingConfiguration": logging}


def let_updates_be_complete() -> None:
    """Defects: tracing cannot be changed; an EXPRESS machine takes what only others can do."""

    @patch(StepFunctionsProvider.update_state_machine)
    def update_state_machine(
        original: Callable[..., UpdateStateMachineOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        state_machine_arn: str,
        tracing_configuration: dict[str, bool] | None = None,
        **rest: Any,
    ) -> UpdateStateMachineOutput:
        machines = self.get_store(context).state_machines
        machine = machines.get(state_machine_arn)
        if isinstance(machine, StateMachineRevision):
            if machine.sm_type == StateMachineType.EXPRESS and rest.get("definition") is not None:
                self._validate_definition(rest["definition"], [ExpressStaticAnalyser()])
            if tracing_configuration is not None and rest.get("role_arn") is None:
                rest["role_arn"] = machine.role_arn  # else there might be nothing to update
        answer = original(self, context, state_machine_arn=state_machine_arn, **rest)
        if tracing_configuration is not None:
            for arn in filter(None, (state_machine_arn, answer.get("stateMachineVersionArn"))):
                machines[arn].tracing_config = tracing_configuration
        return answer


def let_activities_have_tags() -> None:
    """Defect: tags of activities are taken and forgotten; to ask for them is an error."""

    @patch(Activity.__init__)
    def make(original: Callable[..., None], self: Activity, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        self.tag_manager = TagManager()

    @patch(StepFunctionsProvider.create_activity)
    def create_activity(
        original: Callable[..., CreateActivityOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        name: str,
        tags: list[dict[str, str]] | None = None,
        **rest: object,
    ) -> CreateActivityOutput:
        known = set(self.get_store(context).activities)
        answer = original(self, context, name=name, tags=tags, **rest)
        if tags and answer["activityArn"] not in known:  # as on AWS, a repeated request changes no tags
            self.get_store(context).activities[answer["activityArn"]].tag_manager.add_all(tags)
        return answer

    @patch(StepFunctionsProvider.tag_resource)
    def tag_resource(
        original: Callable[..., TagResourceOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        resource_arn: str,
        tags: list[dict[str, str]],
        **rest: object,
    ) -> TagResourceOutput:
        if (activity := self.get_store(context).activities.get(resource_arn)) is None:
            return original(self, context, resource_arn=resource_arn, tags=tags, **rest)
        activity.tag_manager.add_all(tags)
        return TagResourceOutput()

    @patch(StepFunctionsProvider.untag_resource)
    def untag_resource(
        original: Callable[..., UntagResourceOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        resource_arn: str,
        tag_keys: list[str],
        **rest: object,
    ) -> UntagResourceOutput:
        if (activity := self.get_store(context).activities.get(resource_arn)) is None:
            return original(self, context, resource_arn=resource_arn, tag_keys=tag_keys, **rest)
        activity.tag_manager.remove_all(tag_keys)
        return UntagResourceOutput()

    @patch(StepFunctionsProvider.list_tags_for_resource)
    def list_tags_for_resource(
        original: Callable[..., ListTagsForResourceOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        resource_arn: str,
        **rest: object,
    ) -> ListTagsForResourceOutput:
        if (activity := self.get_store(context).activities.get(resource_arn)) is None:
            return original(self, context, resource_arn=resource_arn, **rest)
        return ListTagsForResourceOutput(tags=activity.tag_manager.to_tag_list())


def refuse_keys_of_customers() -> None:
    """Defect: a customer managed key is taken, and nothing is encrypted with it."""

    @patch(StepFunctionsProvider.create_state_machine)
    def create_state_machine(
        original: Callable[..., CreateStateMachineOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        request: dict[str, Any],
        **rest: object,
    ) -> CreateStateMachineOutput:
        _refuse_key(request.get("encryptionConfiguration"))
        return original(self, context, request=request, **rest)

    @patch(StepFunctionsProvider.update_state_machine)
    def update_state_machine(
        original: Callable[..., UpdateStateMachineOutput],
        self: StepFunctionsProvider,
        *args: object,
        **rest: Any,
    ) -> UpdateStateMachineOutput:
        _refuse_key(rest.get("encryption_configuration"))
        return original(self, *args, **rest)

    @patch(StepFunctionsProvider.create_activity)
    def create_activity(
        original: Callable[..., CreateActivityOutput], self: StepFunctionsProvider, *args: object, **rest: Any
    ) -> CreateActivityOutput:
        _refuse_key(rest.get("encryption_configuration"))
        return original(self, *args, **rest)


def _refuse_key(encryption: dict[str, str] | None) -> None:
    """Take no other type than AWS_OWNED_KEY, which is what AWS does without a configuration."""
    if encryption and encryption.get("type") != "AWS_OWNED_KEY":
        raise InvalidEncryptionConfiguration(
            "The local cloud does not encrypt with customer managed keys: use the type AWS_OWNED_KEY."
        )
