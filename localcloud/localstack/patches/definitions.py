"""State machine definitions: what LocalStack's parser makes of them."""

from typing import Any

from antlr4.error.ErrorListener import ConsoleErrorListener
from localstack.services.stepfunctions.asl.antlr.runtime.ASLLexer import ASLLexer
from localstack.services.stepfunctions.asl.parse import asl_parser


def apply() -> None:
    """Apply all patches of this module."""
    evaluate_role_arn_wherever_it_stands()
    keep_syntax_errors_out_of_the_log()


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
