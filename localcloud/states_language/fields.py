"""Where a definition says what: the fields of its states, by AWS's paths."""

from collections.abc import Iterator, Mapping


def is_expression(value: object) -> bool:
    """Tell whether a value is JSONata between ``{%`` and ``%}``."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def expression(value: str) -> str:
    """Take the JSONata out of its brackets."""
    return value[2:-2].strip()


def texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Give all texts within a value, each with its path such as ``Output/a[0]``."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{path}/{key}" if path else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from texts(item, f"{path}[{number}]")


def states(value: object, path: str = "") -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Give all states of a definition, those of branches and of Maps too: path, name and state."""
    if not isinstance(value, Mapping):
        return
    found = value.get("States")
    for name, state in found.items() if isinstance(found, Mapping) else ():
        here = f"{path}/States/{name}"
        if isinstance(state, Mapping):
            yield here, name, state
            for inner_path, inner in machines_within(state):
                yield from states(inner, f"{here}/{inner_path}")


def machines_within(state: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Give the state machines within a state, with their paths from there."""
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield field, state[field]
    branches = state.get("Branches")
    for number, branch in enumerate(branches) if isinstance(branches, list) else ():
        yield f"Branches[{number}]", branch


def field_of(definition: object, state_name: str, wanted: str) -> str:
    """Give the path, within its state, of the first field that holds this expression.

    What has no states is itself the state, as TestState takes it.
    """
    alone = isinstance(definition, Mapping) and "States" not in definition
    for _, name, state in [("", state_name, definition)] if alone else states(definition):
        assert isinstance(state, Mapping)
        if name == state_name:
            own = {key: value for key, value in state.items() if key not in {"ItemProcessor", "Iterator"}}
            for path, text in texts(own, ""):
                if is_expression(text) and expression(text) == wanted:
                    return path
    return ""
