"""Every message that an error of the driver's begins with, found where it is raised: read, not run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from driver.cli.exit_codes import exit_code
from driver.host.signals import signals_end_the_command
from driver.model import exceptions

ROOT = Path(__file__).resolve().parents[3]
GAP = "…"  # stands for what only the moment knows
_ERRORS = {
    name: error
    for name, error in vars(exceptions).items()
    if isinstance(error, type) and issubclass(error, exceptions.SagestepError)
}


@dataclass(frozen=True, order=True)
class Message:
    """What an error says first, with gaps, and the exit code it ends in."""

    code: int
    text: str


@dataclass(frozen=True)
class Site:
    """Where a message is made."""

    message: Message
    path: str
    line: int


def sites() -> Iterator[Site]:
    """Find every place in the driver that makes an error with words of its own."""
    for path in sorted((ROOT / "driver").rglob("*.py")):
        if path.name != "exceptions.py":
            yield from _Module(path).sites()


class _Module:
    def __init__(self, path: Path) -> None:
        self._path = path.relative_to(ROOT).as_posix()
        self._tree = ast.parse(path.read_text(encoding="utf-8"))
        self._functions = [
            node for node in ast.walk(self._tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

    def sites(self) -> Iterator[Site]:
        for call in ast.walk(self._tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _ERRORS:
                with signals_end_the_command():  # a signal that another test has sent counts no more
                    code = exit_code(_ERRORS[call.func.id](""))
                what = call.args[0] if call.args else None
                if what is None or isinstance(what, ast.Attribute):
                    continue  # it hands on what another error says
                for text in filter(None, self._texts(what, call)):
                    yield Site(Message(code, text), self._path, call.lineno)

    def _texts(self, expression: ast.expr, place: ast.expr) -> list[str]:
        """Write all that an expression may come to."""
        match expression:
            case ast.Constant(str(text)):
                return [text]
            case ast.JoinedStr(values):
                texts = [""]
                for value in values:
                    parts = self._parts(value, place)
                    texts = [text + part for text in texts for part in parts]
                return texts
            case ast.Name(name):
                return self._assigned(name, place) or self._handed_over(name, place) or [GAP]
            case ast.IfExp(_, one, other):
                return [*self._texts(one, place), *self._texts(other, place)]
            case ast.BinOp(left, ast.Add(), right):
                return [a + b for a in self._texts(left, place) for b in self._texts(right, place)]
        return [GAP]

    def _parts(self, value: ast.expr, place: ast.expr) -> list[str]:
        if isinstance(value, ast.Constant):
            return [str(value.value)]
        assert isinstance(value, ast.FormattedValue)
        named = value.value.id if isinstance(value.value, ast.Name) else ""
        found = self._handed_over(named, place)
        return found if named == "what" and found else [GAP]

    def _assigned(self, name: str, place: ast.expr) -> list[str]:
        """Find what a name stands for in the function around a place."""
        found = []
        for node in ast.walk(self._around(place) or self._tree):
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
                found += self._texts(node.value, place)
        return found

    def _handed_over(self, name: str, place: ast.expr) -> list[str]:
        """Find what is given for a parameter of the function around a place, where it is called."""
        function = self._around(place)
        parameters = [argument.arg for argument in function.args.args] if function else []
        if function is None or name not in parameters:
            return []
        number = [parameter for parameter in parameters if parameter != "self"].index(name)
        found = []
        for call in ast.walk(self._tree):
            is_of_it = isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == function.name
            if isinstance(call, ast.Call) and is_of_it and len(call.args) > number:
                found += self._texts(call.args[number], call)
        return found

    def _around(self, place: ast.expr) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Find the innermost function that holds a place."""
        around = [
            function
            for function in self._functions
            if function.lineno <= place.lineno <= (function.end_lineno or 0)
        ]
        return max(around, key=lambda function: function.lineno, default=None)
