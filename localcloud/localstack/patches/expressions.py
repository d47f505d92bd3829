"""JSONata in state machines, evaluated by a Python library instead of one that needs Java."""

import json
from collections.abc import Callable
from typing import Any

from localstack.aws.api.stepfunctions import (
    EvaluationFailedEventDetails,
    ExecutionFailedEventDetails,
    HistoryEventType,
)
from localstack.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.common.query_language import QueryLanguageMode
from localstack.services.stepfunctions.asl.component.common.string.string_expression import (
    StringJSONata,
    StringVariableSample,
)
from localstack.services.stepfunctions.asl.component.state.state import CommonStateField
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.comparison import (
    ConditionStringJSONata,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.eval.test_state.environment import TestStateEnvironment
from localstack.services.stepfunctions.asl.utils.json_path import extract_json
from localstack.services.stepfunctions.backend.execution_worker import ExecutionWorker
from localstack.services.stepfunctions.backend.test_state.execution_worker import TestStateExecutionWorker
from localstack.utils.patch import patch

from localcloud.states_language.fields import expression, field_of, is_expression
from localcloud.states_language.jsonata import JsonataError, UnusableResultError, evaluate

FAILED = HistoryEventType.EvaluationFailed


def apply() -> None:
    """Apply all patches of this module."""
    evaluate_without_java()
    let_conditions_be_true_or_false()
    tell_of_failed_evaluations_once()


def evaluate_without_java() -> None:
    """Defect: each expression needs a Java runtime and a library, which are downloaded."""

    def evaluate_expression(self: StringJSONata, env: Environment) -> None:
        text = expression(self.expression) if is_expression(self.expression) else self.expression.strip()
        try:
            value = evaluate(text, {**variables(env), "states": env.states._states_data})
        except JsonataError as error:
            raise failure(env, text, error) from error
        env.stack.append(value)

    def sample(self: StringVariableSample, env: Environment) -> None:
        if self.query_language_mode == QueryLanguageMode.JSONata:
            evaluate_expression(self, env)
            return
        name, rest = _split(self.expression)
        value = env.variable_store.get(name)
        env.stack.append(extract_json(f"${rest}", value) if rest else value)

    StringJSONata._eval_body = evaluate_expression
    StringVariableSample._eval_body = sample

    def get_evaluation_environment(
        original: Callable[[ExecutionWorker], Environment], self: ExecutionWorker
    ) -> Environment:
        env = original(self)
        # All frames of an execution share this object.
        env.aws_execution_details.definition = self._evaluation_details.state_machine_details.definition
        return env

    patch(ExecutionWorker._get_evaluation_environment)(get_evaluation_environment)
    patch(TestStateExecutionWorker._get_evaluation_environment)(get_evaluation_environment)


def let_conditions_be_true_or_false() -> None:
    """Defect: a condition that is no boolean ends the execution with the text of a Python exception."""

    @patch(ConditionStringJSONata._eval_body)
    def eval_body(original: Callable[..., None], self: ConditionStringJSONata, env: Environment) -> None:
        try:
            original(self, env)
        except RuntimeError as error:
            if not str(error).startswith("Expected Condition"):
                raise
            text = expression(self.string_jsonata.literal_value)
            raise failure(env, text, UnusableResultError()) from error


def tell_of_failed_evaluations_once() -> None:
    """Defect: a failed evaluation is in the history twice, and a Catch gets another text than the history."""

    @patch(FailureEventException.get_execution_failed_event_details)
    def get_execution_failed_event_details(
        original: Callable[..., object], self: FailureEventException
    ) -> object:
        if self.failure_event.event_type != FAILED:
            return original(self)
        error, cause = self.extract_error_cause_pair()
        return ExecutionFailedEventDetails(error=error, cause=cause)

    @patch(FailureEventException.get_evaluation_failed_event_details)
    def get_evaluation_failed_event_details(original: Callable[..., Any], self: FailureEventException) -> Any:
        details = self.failure_event.event_details["evaluationFailedEventDetails"]
        return details if "state" in details else original(self)  # ours are complete

    @patch(CommonStateField._eval_body)
    def eval_body(original: Callable[..., None], self: CommonStateField, env: Environment) -> None:
        try:
            original(self, env)
        except FailureEventException as error:
            event = error.failure_event
            if event.event_type == FAILED and not _is_told(env, event.event_details):
                env.event_manager.add_event(env.event_history_context, FAILED, event.event_details)
            raise


def _is_told(env: Environment, details: EventDetails) -> bool:
    return any(
        event.get("evaluationFailedEventDetails") == details["evaluationFailedEventDetails"]
        for event in env.event_manager.get_event_history()
    )


def variables(env: Environment) -> dict[str, Any]:
    """Give the variables that a state sees."""
    return {**env.variable_store._outer_scope, **env.variable_store._inner_scope}


def failure(env: Environment, text: str, error: JsonataError) -> FailureEventException:
    """Say, in AWS's words, which expression of which field of which state failed, and why."""
    name = env.next_state_name
    field = field_of(_definition(env), name, text)
    specified = f"The JSONata expression '{text}' specified for the field '{field or env.next_field_name}'"
    if isinstance(error, UnusableResultError):
        cause = f"{specified} {error.message}"
    elif error.code:
        cause = f"{specified} threw an error during evaluation. {error.code}: {error.message}"
    else:
        cause = f"{specified} threw an error during evaluation: {error.message}"
    if not isinstance(env, TestStateEnvironment):
        entered = env.event_history_context.source_event_id
        place = f"the state '{name}' (entered at the event id #{entered})"
        cause = f"An error occurred while executing {place}. {cause}"
    kind = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(error=kind.error_name, cause=cause, state=name)
    if field:
        details["location"] = field
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=kind,
            event_type=FAILED,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )


def _definition(env: Environment) -> object:
    try:
        return json.loads(getattr(env.aws_execution_details, "definition", ""))
    except ValueError:
        return None


def _split(reference: str) -> tuple[str, str]:
    """Take a reference such as ``$order.items[0]`` apart: the variable's name and the path in it."""
    text = reference.removeprefix("$")
    end = next((place for place, letter in enumerate(text) if letter in ".["), len(text))
    return text[:end], text[end:]
