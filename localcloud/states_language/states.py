"""The fields of a definition, one part after the other."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.states_language import readers
from localcloud.states_language import schema as known
from localcloud.states_language.diagnostics import Diagnostic, schema
from localcloud.states_language.expressions import check_expressions
from localcloud.states_language.paths import is_call, is_path, is_reference_path
from localcloud.states_language.schema import Field, Kind

Fields = Mapping[str, Field]
Found = Iterator[Diagnostic]

_ARN = re.compile(r"arn:[\w-]+:(states|lambda):[\w-]*:\d*:.+")
_TYPE_NAMES = {
    Kind.STRING: "String", Kind.BOOLEAN: "Boolean", Kind.INTEGER: "Integer", Kind.NUMBER: "Number",
    Kind.OBJECT: "Object", Kind.PATH: "String", Kind.REFERENCE: "String",
}  # fmt: skip
_DOWNGRADE = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
_ONLY_FOR = "The QueryLanguage is set to '{}', but field '{}' is only supported for the '{}' QueryLanguage"
_NOT_IN_EXPRESS = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines"
_NOT_INLINE = "The field '{}' is only supported with the Mode 'DISTRIBUTED'"
_NO_PATH = "The value for the field '{}' must be a valid JSONPath or a valid intrinsic function call"
_ALONE = "States.ALL must appear alone and at end of list"
_UNRECOGNIZED = (
    "The resource provided {} is not recognized. The value is not a valid resource ARN, or the resource is "
    "not available in this region."
)


class Integrations:
    """What tasks can call; this one knows nothing, and takes everything."""

    def is_recognized(self, resource: str) -> bool:
        """Tell whether there is such a ``Resource`` as ``arn:aws:states:::sqs:sendMessage``."""
        return True

    def problems(self, resource: str, arguments: object, *, is_jsonata: bool) -> list[str]:
        """Say what is wrong with a task's arguments, as far as they are known without an input."""
        return []


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks the schema of a machine and of the machines within it."""

    is_jsonata: bool
    is_express: bool
    integrations: Integrations

    def machine(self, machine: Mapping[str, Any], path: str, fields: Fields) -> Found:
        """Check a machine, a branch or what a Map runs."""
        yield from _required(machine, path, "States", "StartAt")
        yield from self._fields(machine, path, fields, is_jsonata=False)
        states = machine.get("States")
        if not isinstance(states, dict):
            return
        if not states:
            yield schema("Value cannot be empty", f"{path}/States")
        for name, state in states.items():
            yield from self._state(state, f"{path}/States/{name}")

    def _state(self, state: object, path: str) -> Found:
        if not isinstance(state, dict):
            yield schema("Expected value of type Object", path)
            return
        kind = state.get("Type")
        if "Type" not in state:
            yield from _required(state, path, "Type")
            return
        if kind not in known.TYPES:
            values = f"[{', '.join(known.TYPES)}]"
            yield schema(f"The field 'Type' should have one of these values: {values}", f"{path}/Type")
            return
        language = state.get("QueryLanguage")
        if self.is_jsonata and language == "JSONPath":
            yield schema(_DOWNGRADE, path)
        is_jsonata = self.is_jsonata or language not in (None, "JSONPath")
        yield from _required(state, path, *known.REQUIRED.get(kind, ()))
        yield from self._fields(state, path, known.STATES[kind], is_jsonata=is_jsonata)
        yield from _languages(state, path, is_jsonata=is_jsonata)
        yield from _exclusive(state, path, kind)
        if is_jsonata:
            yield from check_expressions(state, path)
        yield from _variables(state, path)
        yield from self._parts(state, path, kind, is_jsonata=is_jsonata)

    def _parts(self, state: Mapping[str, Any], path: str, kind: str, *, is_jsonata: bool) -> Found:
        match kind:
            case "Task":
                yield from self._task(state, path, is_jsonata=is_jsonata)
            case "Wait":
                stamp = state.get("Timestamp")
                if isinstance(stamp, str) and not stamp.startswith("{%") and not _is_timestamp(stamp):
                    yield schema("Value is not a valid RFC3339 timestamp", f"{path}/Timestamp")
            case "Parallel":
                for place, branch in _items(state, "Branches", path):
                    if isinstance(branch, dict):
                        yield from self.machine(branch, place, known.BRANCH)
                yield from _list(state, "Branches", path)
            case "Map":
                yield from self._map(state, path)
                yield from self._items_and_results(state, path, is_jsonata=is_jsonata)
            case "Choice":
                yield from _list(state, "Choices", path)
                for place, rule in _items(state, "Choices", path):
                    if isinstance(rule, dict):
                        yield from self._rule(rule, place, is_jsonata=is_jsonata, is_outer=True)
        for field, fields in (("Retry", known.RETRIER), ("Catch", known.CATCHER)):
            yield from _list(state, field, path, may_be_empty=True)
            yield from self._handlers(state, path, field, fields, is_jsonata=is_jsonata)

    def _task(self, state: Mapping[str, Any], path: str, *, is_jsonata: bool) -> Found:
        resource = state.get("Resource")
        yield from self._resource(resource, f"{path}/Resource")
        field = "Arguments" if is_jsonata else "Parameters"
        if isinstance(resource, str) and field in state:
            for problem in self.integrations.problems(resource, state[field], is_jsonata=is_jsonata):
                yield schema(problem, f"{path}/{field}")
        credentials = state.get("Credentials")
        if isinstance(credentials, dict) and not {"RoleArn", "RoleArn.$"} & set(credentials):
            yield schema("The field 'RoleArn' is required but was missing", f"{path}/Credentials")

    def _map(self, state: Mapping[str, Any], path: str) -> Found:
        if not {"ItemProcessor", "Iterator"} & set(state):
            yield from _required(state, path, "ItemProcessor")
        for field in ("ItemProcessor", "Iterator"):
            processor = state.get(field)
            if not isinstance(processor, dict):
                continue
            here = f"{path}/{field}"
            yield from self.machine(processor, here, known.PROCESSOR)
            config = processor.get("ProcessorConfig")
            if not isinstance(config, dict):
                continue
            place = f"{here}/ProcessorConfig"
            yield from self._fields(config, place, known.PROCESSOR_CONFIG, is_jsonata=False)
            if config.get("Mode") == "DISTRIBUTED":
                yield from _required(config, place, "ExecutionType")
                if self.is_express:
                    yield schema(_NOT_IN_EXPRESS, f"{place}/Mode")
            elif "ExecutionType" in config:
                yield schema("Field 'ExecutionType' is not supported", place)

    def _items_and_results(self, state: Mapping[str, Any], path: str, *, is_jsonata: bool) -> Found:
        """Check how a Distributed Map reads and divides its items, and where it writes its results."""
        for field, fields, inner, inner_fields in (
            ("ItemReader", readers.READER, "ReaderConfig", readers.READER_CONFIG),
            ("ItemBatcher", readers.BATCHER, "", {}),
            ("ResultWriter", readers.WRITER, "WriterConfig", readers.WRITER_CONFIG),
        ):
            part, place = state.get(field), f"{path}/{field}"
            if not isinstance(part, dict):
                continue
            if not _is_distributed(state):
                yield schema(_NOT_INLINE.format(field), path)
            own = readers.of_language(fields, is_jsonata=is_jsonata)
            yield from self._fields(part, place, own, is_jsonata=is_jsonata)
            if isinstance(config := part.get(inner), dict):
                own = readers.of_language(inner_fields, is_jsonata=is_jsonata)
                yield from self._fields(config, f"{place}/{inner}", own, is_jsonata=is_jsonata)
                yield from _list(config, "CSVHeaders", f"{place}/{inner}", of=str)
            for message, where in readers.problems(field, part, place, is_jsonata=is_jsonata):
                yield schema(message, where)

    def _rule(self, rule: Mapping[str, Any], path: str, *, is_jsonata: bool, is_outer: bool) -> Found:
        given = [name for name in known.RULES if name in rule]
        compared = [name for name in known.COMPARISONS if name in rule]
        if len(given) != 1:
            names = f"[{', '.join(known.RULES)}]"
            yield schema(f"The object must have only one of the following fields, {names}", path)
            return
        if is_outer:
            yield from _required(rule, path, "Next")
        wrong, right = ("JSONata", "JSONPath") if is_jsonata else ("JSONPath", "JSONata")
        for name in given:
            if (name == "Condition") is not is_jsonata:
                yield schema(_ONLY_FOR.format(wrong, name, right), path)
        if given == ["Variable"] and len(compared) != 1:
            names = f"[{', '.join(compared or known.COMPARISONS)}]"
            words = "There should only be one" if compared else "This object should have only one"
            yield schema(f"{words} of the following fields: {names}", path)
        fields = {given[0]: known.ANYTHING, "Comment": known.TEXT}
        if given == ["Variable"]:
            fields |= {"Variable": known.REFERENCE, **{name: known.COMPARISONS[name] for name in compared}}
        if is_outer:
            fields |= {"Next": known.TEXT, "Assign": known.OBJECT}
            fields |= {"Output": known.TEMPLATE} if is_jsonata else {}
        yield from self._fields(rule, path, fields, is_jsonata=is_jsonata)
        for name in ("And", "Or"):
            yield from _list(rule, name, path)
            for place, inner in _items(rule, name, path):
                if isinstance(inner, dict):
                    yield from self._rule(inner, place, is_jsonata=is_jsonata, is_outer=False)
        if isinstance(rule.get("Not"), dict):
            yield from self._rule(rule["Not"], f"{path}/Not", is_jsonata=is_jsonata, is_outer=False)

    def _handlers(
        self, state: Mapping[str, Any], path: str, field: str, fields: Fields, *, is_jsonata: bool
    ) -> Found:
        handlers = list(_items(state, field, path))
        for number, (place, handler) in enumerate(handlers, 1):
            if not isinstance(handler, dict):
                continue
            yield from _required(handler, place, "ErrorEquals", *(["Next"] if field == "Catch" else []))
            yield from self._fields(handler, place, fields, is_jsonata=is_jsonata)
            if is_jsonata and "ResultPath" in handler:
                yield schema(_ONLY_FOR.format("JSONata", "ResultPath", "JSONPath"), place)
            yield from _list(handler, "ErrorEquals", place, of=str)
            names = handler.get("ErrorEquals")
            if (
                isinstance(names, list)
                and "States.ALL" in names
                and (len(names) > 1 or number < len(handlers))
            ):
                yield schema(_ALONE, f"{place}/ErrorEquals")

    def _resource(self, resource: object, path: str) -> Found:
        if not isinstance(resource, str):
            return
        if not _ARN.fullmatch(resource):
            yield schema("Value is not a valid resource ARN", path)
        elif ":states:::" in resource and not self.integrations.is_recognized(resource):
            yield schema(_UNRECOGNIZED.format(resource), path)
        elif self.is_express:
            if ":activity:" in resource:
                yield schema("Express state machine does not support Activity ARN", path)
            elif pattern := re.search(r"\.(sync|waitForTaskToken)(:2)?$", resource):
                words = f"Express state machine does not support '.{pattern[1]}' service integration "
                yield schema(words, path)

    def _fields(self, part: Mapping[str, Any], path: str, fields: Fields, *, is_jsonata: bool) -> Found:
        for name, value in part.items():
            if name not in fields:
                yield schema(f"Field '{name}' is not supported", path or "/")
            else:
                yield from _value(value, fields[name], f"{path}/{name}", is_jsonata=is_jsonata)


def _value(value: object, field: Field, path: str, *, is_jsonata: bool) -> Found:
    kind = field.kind
    if kind is Kind.TEMPLATE:
        if not is_jsonata:
            yield from _template(value, path, path)
        return
    may_be_expression = is_jsonata and not field.values and kind not in {Kind.OBJECT, Kind.BOOLEAN}
    if kind is Kind.ANYTHING or (may_be_expression and isinstance(value, str) and value.startswith("{%")):
        return
    if kind in {Kind.PATH, Kind.REFERENCE} and value is None:
        return
    if not _fits(value, kind):
        yield schema(f"Expected value of type {_TYPE_NAMES[kind]}", path)
    elif field.values and value not in field.values:
        yield schema(f"Value should be one of the following: [{', '.join(field.values)}]", path)
    elif isinstance(value, str) and kind is Kind.PATH and not (is_path(value) or is_call(value)):
        yield schema("Value must be a valid JSONPath.", path)
    elif isinstance(value, str) and kind is Kind.REFERENCE and not is_reference_path(value):
        why = "" if value.startswith("$") else ": Reference path didn't start with '$'"
        yield schema(f"Value is not a Reference Path{why}", path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if field.least is not None and value < field.least:
            yield schema(f"Minimum value is {field.least}", path)
        elif field.most is not None and value > field.most:
            yield schema(f"Maximum value is {field.most}", path)


def _fits(value: object, kind: Kind) -> bool:
    match kind:
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case Kind.NUMBER:
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case Kind.OBJECT:
            return isinstance(value, dict)
    return isinstance(value, str)


def _template(value: object, path: str, whole: str) -> Found:
    """Check the fields of a template that end in ``.$``; AWS points to the template as a whole."""
    if isinstance(value, dict):
        for name, item in value.items():
            if not name.endswith(".$"):
                yield from _template(item, f"{path}/{name}", whole)
            elif not isinstance(item, str) or not (is_path(item) or is_call(item)):
                yield schema(_NO_PATH.format(name), whole)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _template(item, f"{path}[{number}]", whole)


def _required(part: Mapping[str, Any], path: str, *names: str) -> Found:
    missing = [name for name in names if name not in part]
    if missing:
        yield schema(f"These fields are required: [{', '.join(missing)}]", path or "/")


def _exclusive(state: Mapping[str, Any], path: str, kind: str) -> Found:
    for names in known.EXCLUSIVE:
        given = [name for name in names if name in state and not (name == "End" and state[name] is False)]
        if len(given) > 1:
            yield schema(f"There should only be one of the following fields: [{', '.join(names)}]", path)
        elif not given and (names[-1] in {"End", "Timestamp"} and names[-1] in known.STATES[kind]):
            words = f"This object should have only one of the following fields: [{', '.join(names)}]"
            yield schema(words, path)


def _is_distributed(state: Mapping[str, Any]) -> bool:
    processors = [state.get("ItemProcessor"), state.get("Iterator")]
    configs = [one.get("ProcessorConfig") for one in processors if isinstance(one, dict)]
    return any(isinstance(one, dict) and one.get("Mode") == "DISTRIBUTED" for one in configs)


def _languages(state: Mapping[str, Any], path: str, *, is_jsonata: bool) -> Found:
    foreign = known.ONLY_JSONPATH if is_jsonata else known.ONLY_JSONATA
    has, needs = ("JSONata", "JSONPath") if is_jsonata else ("JSONPath", "JSONata")
    for name in state:
        if name in foreign:
            yield schema(_ONLY_FOR.format(has, name, needs), path)


def _variables(state: Mapping[str, Any], path: str) -> Found:
    assigned = state.get("Assign")
    for name in assigned if isinstance(assigned, dict) else ():
        bare = name.removesuffix(".$")
        if bare == "states":
            message = "Cannot assign to reserved variable '$states'."
            yield Diagnostic("RESERVED_VARIABLE_NAME", message, f"{path}/Assign/{name}")
        elif not re.fullmatch(r"[^\W\d]\w*", bare):
            message = f"Invalid variable name '{bare}': the variable name contains invalid characters."
            yield Diagnostic("INVALID_VARIABLE_NAME", message, f"{path}/Assign/{name}")


def _items(part: Mapping[str, Any], field: str, path: str) -> Iterator[tuple[str, object]]:
    value = part.get(field)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield f"{path}/{field}[{number}]", item


def _list(
    part: Mapping[str, Any], field: str, path: str, *, may_be_empty: bool = False, of: type = dict
) -> Found:
    """Check that a field, if it is there, is a list of objects or texts."""
    if field not in part:
        return
    if not isinstance(part[field], list):
        yield schema("Expected value of type Array", f"{path}/{field}")
    elif not part[field] and not may_be_empty:
        yield schema("Value cannot be empty", f"{path}/{field}")
    for place, item in _items(part, field, path):
        if not isinstance(item, of):
            yield schema(f"Expected value of type {'Object' if of is dict else 'String'}", place)


def _is_timestamp(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None and "T" in text
    except ValueError:
        return False
