"""State machine definitions: how they are checked, and what LocalStack's parser makes of them."""

import json
from collections.abc import Callable
from typing import Any

from antlr4.error.ErrorListener import ConsoleErrorListener
from botocore.exceptions import UnknownServiceError
from localstack.aws.api import RequestContext
from localstack.aws.api.stepfunctions import (
    InvalidDefinition,
    ValidateStateMachineDefinitionInput,
    ValidateStateMachineDefinitionOutput,
)
from localstack.aws.spec import load_service
from localstack.services.stepfunctions.asl.antlr.runtime.ASLLexer import ASLLexer
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service.state_task_service import (  # noqa: E501
    StateTaskService,
)
from localstack.services.stepfunctions.asl.parse import asl_parser
from localstack.services.stepfunctions.asl.static_analyser.express_static_analyser import (
    ExpressStaticAnalyser,
)
from localstack.services.stepfunctions.asl.static_analyser.static_analyser import StaticAnalyser
from localstack.services.stepfunctions.asl.static_analyser.test_state.test_state_analyser import (
    TestStateStaticAnalyser,
)
from localstack.services.stepfunctions.provider import StepFunctionsProvider
from localstack.utils.patch import patch

from localcloud.localstack.integrations import KnownIntegrations
from localcloud.states_language.checking import check, warnings
from localcloud.states_language.diagnostics import Diagnostic, summary

MAX_DIAGNOSTICS = 100
"""ValidateStateMachineDefinition tells so many where the request asks for no other number (API reference)."""


def apply() -> None:
    """Apply all patches of this module."""
    check_definitions_when_they_are_made()
    tell_what_is_wrong_with_a_definition()
    evaluate_role_arn_wherever_it_stands()
    keep_syntax_errors_out_of_the_log()


def check_definitions_when_they_are_made() -> None:
    """Defect: what the parser can read is taken: targets that are not there, wrong types, no end."""
    original = StepFunctionsProvider._validate_definition

    def validate_definition(definition: str, static_analysers: list[StaticAnalyser]) -> None:
        found = [one for one in diagnose(definition, static_analysers) if one.severity == "ERROR"]
        if found:
            raise InvalidDefinition(summary(found))
        try:
            original(definition, static_analysers)
        except InvalidDefinition as error:
            raise InvalidDefinition(summary([_beyond(error)])) from error

    StepFunctionsProvider._validate_definition = staticmethod(validate_definition)


def tell_what_is_wrong_with_a_definition() -> None:
    """Defect: ValidateStateMachineDefinition gives the parser's words, and neither warnings nor locations."""

    @patch(StepFunctionsProvider.validate_state_machine_definition)
    def validate_state_machine_definition(
        original: Callable[..., ValidateStateMachineDefinitionOutput],
        self: StepFunctionsProvider,
        context: RequestContext,
        request: ValidateStateMachineDefinitionInput,
        **_: object,
    ) -> ValidateStateMachineDefinitionOutput:
        analyser = ExpressStaticAnalyser() if request.get("type") == "EXPRESS" else StaticAnalyser()
        definition = request["definition"]
        found = list(diagnose(definition, [analyser]))
        if not found:
            try:
                self._validate_definition(definition, [analyser])
            except InvalidDefinition as error:
                found = [Diagnostic("SCHEMA_VALIDATION_FAILED", error.message)]
            else:
                found = list(warnings(definition))
        has_failed = any(one.severity == "ERROR" for one in found)
        if request.get("severity") != "WARNING":  # the least severity that is asked for; ERROR is the default
            found = [one for one in found if one.severity == "ERROR"]
        most = request.get("maxResults") or MAX_DIAGNOSTICS
        return ValidateStateMachineDefinitionOutput(
            result="FAIL" if has_failed else "OK",
            diagnostics=[one.document() for one in found[:most]],
            truncated=len(found) > most,
        )


def diagnose(definition: str, analysers: list[StaticAnalyser]) -> list[Diagnostic]:
    """Check a definition, or one state that TestState is given."""
    is_express = any(isinstance(one, ExpressStaticAnalyser) for one in analysers)
    found = check(definition, is_express=is_express, integrations=INTEGRATIONS)
    if not any(isinstance(one, TestStateStaticAnalyser) for one in analysers):
        return found
    try:
        document = json.loads(definition)
    except ValueError:
        return found
    if not isinstance(document, dict) or "States" in document:
        return found
    # A state alone: its transitions lead to states that the request does not have.
    machine = json.dumps({"StartAt": "State", "States": {"State": document}})
    alone = check(machine, integrations=INTEGRATIONS)
    return [
        Diagnostic(one.code, one.message, one.location.removeprefix("/States/State") or "/")
        for one in alone
        if one.code not in {"MISSING_TRANSITION_TARGET", "MISSING_END_STATE"}
    ]


class OurIntegrations(KnownIntegrations):
    """What tasks can call here."""

    def has_operation(self, service: str, name: str) -> bool:
        """Tell whether the local cloud's models have an operation."""
        try:
            known = load_service(StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.get(service, service))
        except UnknownServiceError:
            return False
        return name in known.operation_names


INTEGRATIONS = OurIntegrations()


def _beyond(error: InvalidDefinition) -> Diagnostic:
    """Say that a definition which AWS may take cannot be run here."""
    return Diagnostic("SCHEMA_VALIDATION_FAILED", f"The local cloud cannot run this: {error.message}")


def evaluate_role_arn_wherever_it_stands() -> None:
    """Defect: `RoleArn.$` is a word of its own, for a task's Credentials, and no reference elsewhere.

    So a job's parameters kept it as it was written, and the service refused them.
    """
    asl_parser.ASLLexer = Lexer


def keep_syntax_errors_out_of_the_log() -> None:
    """Defect: each definition that cannot be parsed leaves lines in the log; its caller is told anyway."""

    def ignore(self: ConsoleErrorListener, *arguments: object) -> None:
        pass

    ConsoleErrorListener.syntaxError = ignore


class Lexer(ASLLexer):
    """LocalStack's, to which `RoleArn.$` is a key like others unless it follows `"Credentials": {`."""

    _CREDENTIALS = (ASLLexer.CREDENTIALS, ASLLexer.COLON, ASLLexer.LBRACE)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._before: tuple[int, ...] = ()

    def nextToken(self) -> Any:  # noqa: N802 - ANTLR's name
        """Give the next token."""
        token = super().nextToken()
        if token.type == self.ROLEARNPATH and self._before != self._CREDENTIALS:
            token.type = self.STRINGDOLLAR
        self._before = (*self._before[-2:], token.type)
        return token
