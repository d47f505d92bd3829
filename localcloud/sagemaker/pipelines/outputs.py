"""Output parameters that a Lambda or Callback step declares: names, types, limits.

Limits are the service model's: at most 50 outputs, names of at most 256 and values of at most 1,024
characters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    only_members,
    take_choice,
    take_list,
    take_object,
    take_text,
)
from localcloud.sagemaker.pipelines.values import Value, ValueType, convert, render

OUTPUTS = "OutputParameters"
LONGEST_VALUE = 1024
_MOST = 50
_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output."""

    name: str
    type: ValueType


def parse_outputs(document: object, where: str) -> tuple[Output, ...]:
    """Read the OutputParameters of a step.

    Raises `DefinitionError` where there are more than 50, a name is used twice, or a type is unknown.
    """
    outputs: list[Output] = []
    for item in take_list(document, f"{where}, {OUTPUTS}"):
        members = take_object(item, f"{where}, a member of {OUTPUTS}")
        members = only_members(members, {"OutputName", "OutputType"})
        name = take_text(members.get("OutputName"), f"{where}, OutputName", _LONGEST_NAME)
        kind = take_choice(members.get("OutputType", "String"), ValueType, "OutputType", where)
        if any(output.name == name for output in outputs):
            raise DefinitionError(f"{where}: output names must be unique. Duplicate output name: '{name}'.")
        outputs.append(Output(name, kind))
    if len(outputs) > _MOST:
        raise DefinitionError(f"{where} declares {len(outputs)} output parameters, maximum allowed: {_MOST}")
    return tuple(outputs)


def read_output(output: Output, raw: object) -> Value:
    """Give the value of an output as its declared type.

    Raises `ValueError` where it is not of that type, or longer than AWS would return it.
    """
    value = convert(raw, output.type)
    if (length := len(render(value))) > LONGEST_VALUE:
        raise ValueError(f"the value is too long (length: {length}, maximum allowed: {LONGEST_VALUE})")
    return value


def output_paths(outputs: Iterable[Output]) -> frozenset[Path]:
    """Give the paths by which other steps may refer to outputs."""
    return frozenset((OUTPUTS, output.name) for output in outputs)


def properties_of(values: Mapping[str, Value]) -> dict[Path, Value]:
    """Give the values of outputs by the paths that refer to them."""
    return {(OUTPUTS, name): value for name, value in values.items()}


def listed(values: Mapping[str, Value]) -> list[dict[str, str]]:
    """Give outputs as a step's metadata lists them."""
    return [{"Name": name, "Value": render(value)} for name, value in values.items()]
