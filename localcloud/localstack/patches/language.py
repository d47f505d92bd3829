"""The states language: Choice states, intrinsic functions, and ``States.Runtime`` for their failures.

Sources: states-language.net ("Intrinsic Functions": the escapes of ``States.Format``); the causes are AWS's,
as its users quote them and floci-io/floci records them ("AWS wording, verified against us-east-1").
"""

import json
import re
from collections.abc import Callable

from localstack.aws.api.stepfunctions import ExecutionFailedEventDetails, HistoryEventType
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
from localstack.services.stepfunctions.asl.component.common.string.string_expression import (
    StringIntrinsicFunction,
)
from localstack.services.stepfunctions.asl.component.intrinsic.argument.argument import ArgumentLiteral
from localstack.services.stepfunctions.asl.component.intrinsic.function.statesfunction.generic.string_format import (  # noqa: E501
    StringFormat,
)
from localstack.services.stepfunctions.asl.component.state.state import CommonStateField
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.comparison_func import (
    ComparisonFuncValue,
)
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.comparison_operator_type import (  # noqa: E501
    ComparisonOperatorType,
)
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.comparison_variable import (  # noqa: E501
    ComparisonVariable,
)
from localstack.services.stepfunctions.asl.component.state.state_choice.comparison.variable import (
    NoSuchVariable,
)
from localstack.services.stepfunctions.asl.component.state.state_choice.state_choice import StateChoice
from localstack.services.stepfunctions.asl.eval.environment import Environment
from localstack.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localstack.services.stepfunctions.asl.parse import preprocessor
from localstack.services.stepfunctions.asl.parse.intrinsic.intrinsic_parser import IntrinsicParser
from localstack.services.stepfunctions.asl.parse.intrinsic.preprocessor import (
    Preprocessor as IntrinsicPreprocessor,
)
from localstack.services.stepfunctions.asl.utils.json_path import NoSuchJsonPathError
from localstack.utils.patch import patch

NOWHERE = "Failed to transition out of the state. The state does not point to a next state."
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLACE = re.compile(r"\\(.)|\{\}", re.DOTALL)
# The grammar of a text has no control characters, such as a newline: private-use characters stand for them.
_STAND_IN = {code: 0x10F000 + code for code in range(0x20)}
_MEANT = {stand_in: code for code, stand_in in _STAND_IN.items()}


class Text(str):
    """A text of an intrinsic function, which knows how it was written."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> "Text":
        """Take the escapes out."""
        text = super().__new__(cls, _ESCAPE.sub(r"\1", written))
        text.written = written
        return text


def apply() -> None:
    """Apply all patches of this module."""
    let_choices_fail_where_there_is_nothing()
    let_texts_of_functions_be_escaped()
    let_failures_of_states_be_named()


def let_choices_fail_where_there_is_nothing() -> None:
    """Defects: a Variable that does not exist counts as another value; no next state is a Python error."""

    @patch(ComparisonVariable._eval_body)
    def compare(original: Callable[..., None], self: ComparisonVariable, env: Environment) -> None:
        self.variable.eval(env)
        function = self.comparison_function
        if (
            isinstance(env.stack[-1], NoSuchVariable)
            and function.operator_type != ComparisonOperatorType.IsPresent
        ):
            raise _invalid(env, self.variable.string_sampler.literal_value)
        function.eval(env)

    @patch(ComparisonFuncValue._eval_body)
    def compare_with_value(
        original: Callable[..., None], self: ComparisonFuncValue, env: Environment
    ) -> None:
        try:
            original(self, env)
        except NoSuchJsonPathError as error:
            raise _invalid(env, error.json_path) from error

    @patch(StateChoice._eval_state)
    def eval_state(original: Callable[..., None], self: StateChoice, env: Environment) -> None:
        try:
            original(self, env)
        except RuntimeError as error:
            if not str(error.args[0]).startswith("No branching option"):
                raise
            raise runtime_failure(env, NOWHERE) from error


def let_texts_of_functions_be_escaped() -> None:
    r"""Defect: ``\{``, ``\}``, ``\'`` and ``\\`` are no escapes, and Python's other forms of ``{}`` are."""

    def read(self: preprocessor.Preprocessor, ctx: object) -> StringIntrinsicFunction:
        derivation = json.loads(ctx.STRINGINTRINSICFUNC().getText())  # type: ignore[attr-defined]
        function, _ = IntrinsicParser.parse(derivation.translate(_STAND_IN))
        return StringIntrinsicFunction(intrinsic_function_derivation=derivation, function=function)

    def read_text(self: IntrinsicPreprocessor, ctx: object) -> ArgumentLiteral:
        return ArgumentLiteral(definition_value=Text(ctx.STRING().getText()[1:-1].translate(_MEANT)))  # type: ignore[attr-defined]

    def format_text(self: StringFormat, env: Environment) -> None:
        self.argument_list.eval(env=env)
        template, *values = env.stack.pop()
        if not isinstance(template, str):
            raise intrinsic_failure(env, "States.Format", "The first argument must be a string")
        written = template.written if isinstance(template, Text) else template
        places = sum(match[0] == "{}" for match in _PLACE.finditer(written))
        if places != len(values):
            message = "The number of arguments do not match the occurrences of {}"
            raise intrinsic_failure(env, "States.Format", message)
        given = iter(values)
        env.stack.append(
            _PLACE.sub(lambda match: match[1] or StringFormat._to_str_repr(next(given)), written)
        )

    preprocessor.Preprocessor.visitString_intrinsic_function = read
    IntrinsicPreprocessor.visitFunc_arg_string = read_text
    StringFormat._eval_body = format_text


def let_failures_of_states_be_named() -> None:
    """Defect: a state's failure is named by the class of a Python exception."""

    @patch(StringIntrinsicFunction._eval_body)
    def call(original: Callable[..., None], self: StringIntrinsicFunction, env: Environment) -> None:
        try:
            original(self, env)
        except (FailureEventException, NoSuchJsonPathError):
            raise
        except Exception as error:
            raise intrinsic_failure(env, self.intrinsic_function_derivation, str(error)) from error

    @patch(CommonStateField._eval_body)
    def eval_body(original: Callable[..., None], self: CommonStateField, env: Environment) -> None:
        try:
            original(self, env)
        except (
            RuntimeError,
            ValueError,
            TypeError,
            LookupError,
            ArithmeticError,
            NoSuchJsonPathError,
        ) as error:
            raise runtime_failure(env, str(error) or type(error).__name__) from error


def runtime_failure(env: Environment, cause: str) -> FailureEventException:
    """Let an execution fail by ``States.Runtime``, which nothing catches."""
    return _failure(env, StatesErrorNameType.StatesRuntime, cause)


def intrinsic_failure(env: Environment, function: str, message: str) -> FailureEventException:
    """Let a state fail because a function cannot be called so."""
    cause = f"The function '{function}' had the following error: {message}"
    return _failure(env, StatesErrorNameType.StatesIntrinsicFailure, cause)


def _invalid(env: Environment, path: str) -> FailureEventException:
    message = "The choice state's condition path references an invalid value."
    return runtime_failure(env, f"Invalid path '{path}': {message}")


def _failure(env: Environment, kind: StatesErrorNameType, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=kind)
    details = ExecutionFailedEventDetails(error=name.error_name, cause=cause)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.ExecutionFailed,
            event_details=EventDetails(executionFailedEventDetails=details),
        )
    )
