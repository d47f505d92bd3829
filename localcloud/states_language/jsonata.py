"""JSONata expressions, as Step Functions evaluates them.

Sources: Step Functions developer guide, "Transforming data with JSONata" (the functions that Step Functions
adds, and that it has no ``$eval``); AWS's answers as measured in floci-io/floci#2736, #2737 and #2745 (a
depth of 100, the words of causes). ``jsonata-python`` evaluates the language itself.
"""

import hashlib
import json
import math
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_MILLISECONDS = 5000
"""How long an expression may take: AWS has a limit, but does not publish it."""

MAX_DEPTH = 100
"""AWS takes an expression that is nested so deep, and refuses the next level."""

ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}

_ITEMS = {"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings"}
_PLACEHOLDER = re.compile(r"\{\{(\{?)\w+\}?\}\}")


class JsonataError(Exception):
    """An expression that cannot be read or evaluated: AWS's words, and JSONata's code where there is one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class UnusableResultError(JsonataError):
    """An expression whose result is no JSON, such as a function."""

    def __init__(self, message: str = "returned an unsupported result type.") -> None:
        super().__init__(message)


class NothingError(UnusableResultError):
    """An expression that returns nothing, which is not null."""

    def __init__(self) -> None:
        super().__init__("returned nothing (undefined).")


def evaluate(expression: str, variables: Mapping[str, object]) -> Any:
    """Give the value of an expression, with variables by their names without ``$``.

    Raises
    ------
    NothingError
        It returns nothing.
    JsonataError
        It cannot be read, or fails.
    """
    from jsonata import utils  # noqa: PLC0415 - needed only by those who write JSONata

    null = utils.Utils.NULL_VALUE
    compiled = parse(expression)
    for name, function in _functions().items():
        compiled.register_function(name, function)
    compiled.assign("eval", None)
    for name, value in variables.items():
        compiled.assign(name, null if value is None else value)
    try:
        value = compiled.evaluate(None)
    except JsonataError:
        raise
    except RecursionError as error:
        raise JsonataError(
            "Stack overflow. Check for non-terminating recursive function.", "D1011"
        ) from error
    except ArithmeticError as error:
        raise JsonataError("Number out of range", "D1001") from error
    except Exception as error:  # whatever the evaluator stumbles over is the expression's failure
        raise _told(error) from error
    if value is None:
        raise NothingError
    return _plain(value, null)


def parse(expression: str) -> Any:
    """Read an expression.

    Raises
    ------
    JsonataError
        It is no JSONata.
    """
    from jsonata.jsonata import Jsonata  # noqa: PLC0415

    try:
        compiled = Jsonata(expression, timeout=MAX_MILLISECONDS, stack=MAX_DEPTH)
    except RuntimeError as error:
        raise _told(error) from error
    except (IndexError, TypeError, AttributeError) as error:  # an expression that ends too early
        raise JsonataError("Unexpected end of expression", "S0207") from error
    if compiled.errors:
        raise _told(compiled.errors[0])
    compiled.set_output_convert_nulls(False)
    compiled.set_validate_input(False)
    return compiled


def foreign_references(expression: str) -> Iterator[str]:
    """Name what an expression refers to outside ``$states`` and its variables: there is no such document.

    Raises
    ------
    JsonataError
        It is no JSONata.
    """
    yield from dict.fromkeys(_references(parse(expression).ast, is_top=True))


_PARTS = (
    "lhs", "rhs", "lhs_object", "expression", "expressions", "arguments", "procedure", "condition", "then",
    "_else", "body",
)  # fmt: skip
"""The parts of a node that have the context of the node itself."""


def _references(node: Any, *, is_top: bool) -> Iterator[str]:
    """Walk a tree; ``is_top`` says that no step before gives this part a context of its own."""
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from _references(item, is_top=is_top)
        return
    kind = getattr(node, "type", None)
    if kind == "name" and is_top:
        yield str(node.value)
    elif kind == "variable" and node.value in {"", "$"} and (is_top or node.value):
        yield f"${node.value}"
    elif kind == "path":
        for position, step in enumerate(node.steps or ()):
            yield from _references(step, is_top=is_top and position == 0)
    elif kind is not None:
        for part in _PARTS:
            yield from _references(getattr(node, part, None), is_top=is_top)


def _functions() -> dict[str, Any]:
    from jsonata.jsonata import Jsonata  # noqa: PLC0415

    def function(body: Callable[..., object], arguments: int) -> Any:
        given = Jsonata.JFunction(Jsonata.JLambda(body), f"<{'x?' * arguments}:x>")
        given.get_number_of_args = lambda: arguments
        return given

    # One argument more than AWS documents, so that a surplus one is refused in AWS's words.
    return {
        "partition": function(_partition, 3),
        "range": function(_range, 4),
        "hash": function(_hash, 3),
        "random": function(_random, 2),
        "uuid": function(_uuid, 1),
        "parse": function(_parse, 2),
    }


def _signature(function: str, argument: int) -> JsonataError:
    return JsonataError(
        f'Argument {argument} of function "{function}" does not match function signature', "T0410"
    )


def _whole(function: str, argument: int, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _signature(function, argument)
    return int(value)


def _partition(items: object = None, size: object = None, surplus: object = None) -> object:
    if surplus is not None:
        raise _signature("partition", 3)
    if items is None or size is None:
        return None
    given = items if isinstance(items, list) else [items]
    length = _whole("partition", 2, size)
    if length < 1:
        raise JsonataError("Second argument of partition function must be a positive number", "D3137")
    return [list(given[start : start + length]) for start in range(0, len(given), length)]


def _range(first: object = None, last: object = None, step: object = None, surplus: object = None) -> object:
    if surplus is not None:
        raise _signature("range", 4)
    if first is None or last is None or step is None:
        return None
    start, end, by = (_whole("range", place, value) for place, value in enumerate((first, last, step), 1))
    if by == 0:
        raise JsonataError("Third argument of range function must not be 0", "D3137")
    return list(range(start, end + (1 if by > 0 else -1), by))


def _hash(data: object = None, algorithm: object = None, surplus: object = None) -> object:
    if surplus is not None:
        raise _signature("hash", 3)
    if data is None or algorithm is None:
        return None
    if algorithm not in ALGORITHMS:
        raise JsonataError(f"Unknown hash algorithm {algorithm}: use one of {', '.join(ALGORITHMS)}", "D3137")
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return hashlib.new(ALGORITHMS[str(algorithm)], text.encode(), usedforsecurity=False).hexdigest()


def _random(seed: object = None, surplus: object = None) -> float:
    if surplus is not None:
        raise _signature("random", 2)
    if seed is None:
        return random.random()  # noqa: S311 - no secret
    return random.Random(_whole("random", 1, seed)).random()  # noqa: S311


def _uuid(surplus: object = None) -> str:
    if surplus is not None:
        raise _signature("uuid", 1)
    return str(uuid.uuid4())


def _parse(text: object = None, surplus: object = None) -> object:
    if surplus is not None:
        raise _signature("parse", 2)
    if text is None:
        return None
    if not isinstance(text, str):
        raise _signature("parse", 1)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise JsonataError("Invalid JSON", "D3137") from error
    from jsonata import utils  # noqa: PLC0415

    return utils.Utils.NULL_VALUE if value is None else value


def _plain(value: object, null: object) -> object:
    """Turn a result into JSON: an integer for 1.0, the names of numbers that JSON has not."""
    if value is null or value is None:
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item, null) for key, item in value.items()}
    if isinstance(value, (list, tuple, range)) or (hasattr(value, "__iter__") and not isinstance(value, str)):
        return [_plain(item, null) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return int(value) if value.is_integer() and abs(value) < 2**63 else value
    if value is None or isinstance(value, (str, bool, int)):
        return value
    raise UnusableResultError


def _told(error: BaseException) -> JsonataError:
    """Write an error of the library in JSONata's own words: ``function``, and values as JSON."""
    if isinstance(error, JsonataError):
        return error
    code = getattr(error, "error", None)
    templates: Mapping[str, str] = getattr(type(error), "error_codes", {})
    if not isinstance(code, str) or code not in templates:
        return JsonataError(str(error))
    current, expected, extra = (getattr(error, name, None) for name in ("current", "expected", "extra"))
    if code == "T0412":  # the type of the items is written out
        extra = _ITEMS.get(str(extra), extra)
    values = iter((current, expected, extra))

    def fill(match: re.Match[str]) -> str:
        value = next(values, None)
        return str(value) if match[1] else json.dumps(value, default=str, ensure_ascii=False)

    return JsonataError(_PLACEHOLDER.sub(fill, templates[code].replace("Object", "function")), code)
