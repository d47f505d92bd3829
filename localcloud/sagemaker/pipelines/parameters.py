"""Parameters of a pipeline: declared by its definition, given values when an execution starts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    only_members,
    take_choice,
    take_list,
    take_object,
    take_text,
)
from localcloud.sagemaker.pipelines.values import Value, ValueType, convert, type_of

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
_LONGEST_DESCRIPTION = 4096
_LONGEST_DEFAULT = 4096  # AWS's published JSON schema of a definition


class ParameterError(Exception):
    """The values given to an execution do not fit the parameters of its pipeline."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; without a default it must be given at every start."""

    name: str
    type: ValueType
    default: Value | None = None
    allowed: tuple[Value, ...] = ()


def parse_parameters(document: object) -> dict[str, Parameter]:
    """Read the list of parameters of a definition.

    Raises `DefinitionError` where a name is malformed or used twice, a type unknown, or a default not of the
    type or enum.
    """
    parameters: dict[str, Parameter] = {}
    for item in take_list(document, "Parameters"):
        parameter = _parse_parameter(take_object(item, "a member of Parameters"))
        if parameter.name in parameters:
            raise DefinitionError(
                f"Parameter names must be unique. Duplicate parameter name: '{parameter.name}'."
            )
        parameters[parameter.name] = parameter
    return parameters


def bind(declared: Mapping[str, Parameter], given: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Give each declared parameter its value for one execution.

    `given`: names and values from StartPipelineExecution; values are strings on the wire.

    Raises `ParameterError` where a name is unknown or repeated, a value has the wrong type or is not of the
    enum, or a parameter without a default is missing.
    """
    values: dict[str, Value] = {}
    for name, text in given:
        if name not in declared:
            raise ParameterError(
                f"Pipeline parameter '{name}' is unknown. Parameters of the pipeline: "
                f"{', '.join(declared) or 'none'}."
            )
        if name in values:
            raise ParameterError(f"Pipeline parameter '{name}' is given more than once.")
        values[name] = _read(declared[name], text)
    missing = [
        name for name, parameter in declared.items() if name not in values and parameter.default is None
    ]
    if missing:
        raise ParameterError(
            f"Pipeline parameters without a default need a value, and have none: {', '.join(missing)}."
        )
    defaults = {
        name: parameter.default for name, parameter in declared.items() if parameter.default is not None
    }
    return defaults | values


def _read(parameter: Parameter, text: str) -> Value:
    if not text:  # AWS's words, from aws/sagemaker-python-sdk issue 4016
        raise ParameterError('[string "" is too short (length: 0, required minimum: 1)]')
    try:
        value = convert(text, parameter.type)
    except ValueError as error:
        raise ParameterError(f"Pipeline parameter '{parameter.name}': {error}.") from error
    if parameter.allowed and value not in parameter.allowed:
        allowed = ", ".join(str(item) for item in parameter.allowed)
        raise ParameterError(
            f"Value '{text}' for pipeline parameter '{parameter.name}' failed to satisfy enum value set: "
            f"[{allowed}]."
        )
    return value


def _parse_parameter(members: dict[str, object]) -> Parameter:
    members = only_members(members, {"Name", "Type", "DefaultValue", "Description", "EnumValues"})
    name = members.get("Name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise DefinitionError(f"Parameter name '{name}' failed to satisfy pattern: {_NAME.pattern}")
    where = f"Parameter '{name}'"
    take_text(members.get("Description", ""), f"{where}: Description", _LONGEST_DESCRIPTION)
    wanted = take_choice(members.get("Type", "String"), ValueType, "Type", where)
    allowed = tuple(
        _typed(value, wanted, f"{where}: a member of EnumValues")
        for value in take_list(members.get("EnumValues", []), f"{where}: EnumValues")
    )
    raw = members.get("DefaultValue")
    default = None if raw is None else _typed(raw, wanted, f"{where}: DefaultValue")
    if allowed and default is not None and default not in allowed:
        raise DefinitionError(f"{where}: DefaultValue '{default}' is not one of its EnumValues")
    return Parameter(name, wanted, default, allowed)


def _typed(raw: object, wanted: ValueType, where: str) -> Value:
    """Take a JSON value of the wanted type; only an integer may stand for a Float."""
    if isinstance(raw, str):
        take_text(raw, where, _LONGEST_DEFAULT)
    if isinstance(raw, str | int | float):
        if type_of(raw) is wanted:
            return raw
        if wanted is ValueType.FLOAT and type_of(raw) is ValueType.INTEGER:
            return float(raw)
    raise DefinitionError(f"{where} must be of type {wanted}")
