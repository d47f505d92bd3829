"""Whether a text is a JSONPath, a Reference Path or a call of an intrinsic function."""

import re

FUNCTIONS = frozenset(
    {
        "Format", "StringToJson", "JsonToString", "Array", "ArrayPartition", "ArrayContains", "ArrayRange",
        "ArrayGetItem", "ArrayLength", "ArrayUnique", "Base64Encode", "Base64Decode", "Hash", "JsonMerge",
        "MathRandom", "MathAdd", "StringSplit", "UUID",
    }
)  # fmt: skip

_START = re.compile(r"\$(?:\$|[^\W\d]\w*)?")
_STEP = re.compile(r"\.{1,2}(?:\*|[^\s.\[\]()'\",]+(?:\(\))?)|\.\.(?=\[)")
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_CALL = re.compile(r"States\.(\w+)\s*\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")


def is_path(text: str) -> bool:
    """Tell whether a text is a JSONPath: of the input, ``$$`` the context or ``$name`` a variable."""
    start = _START.match(text)
    return start is not None and _steps(text, start.end()) == len(text)


def is_reference_path(text: str) -> bool:
    """Tell whether a path leads to one place: it has no wildcard, filter, slice or search."""
    bare = _QUOTED.sub("''", text)
    return is_path(text) and not re.search(r"[*?@:,]|\.\.|\(", bare)


def is_call(text: str) -> bool:
    """Tell whether a text calls an intrinsic function that there is, with arguments that can be read."""
    return _call(text, 0) == len(text)


def _steps(text: str, place: int) -> int:
    """Read steps such as ``.a`` and ``['b']`` from a place on; give where they end."""
    while place < len(text):
        if step := _STEP.match(text, place):
            place = step.end()
        elif text[place] == "[" and (end := _bracket(text, place)):
            place = end
        else:
            break
    return place


def _bracket(text: str, place: int) -> int:
    """Give where the bracket that opens here has closed; 0 where it does not, or is empty."""
    opened, start = 0, place
    while place < len(text):
        if quoted := _QUOTED.match(text, place):
            place = quoted.end()
            continue
        opened += (text[place] in "[(") - (text[place] in "])")
        place += 1
        if opened == 0:
            return place if place - start > 2 else 0
    return 0


def _call(text: str, place: int) -> int:
    """Give where the call that begins here ends; -1 where it is none."""
    name = _CALL.match(text, place)
    if name is None or name[1] not in FUNCTIONS:
        return -1
    place = _space(text, name.end())
    if text[place : place + 1] == ")":
        return place + 1
    while True:
        place = _argument(text, _space(text, place))
        if place < 0:
            return -1
        place = _space(text, place)
        mark = text[place : place + 1]
        if mark not in {",", ")"}:
            return -1
        place += 1
        if mark == ")":
            return place


def _argument(text: str, place: int) -> int:
    if text.startswith("States.", place):
        return _call(text, place)
    if start := _START.match(text, place):
        return _steps(text, start.end())
    if (quoted := _QUOTED.match(text, place)) and text[place] == "'":
        return quoted.end()
    number = _NUMBER.match(text, place)
    return number.end() if number else -1


def _space(text: str, place: int) -> int:
    while text[place : place + 1].isspace():
        place += 1
    return place
