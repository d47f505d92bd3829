"""Expressions of a definition: ``Get``, ``Std:Join`` and ``Std:JsonGet``, read and evaluated.

``{"Get": "Parameters.p"}``, ``{"Get": "Steps.s.OutputParameters['y']"}``, ``{"Get": "Execution.…"}``,
``{"Std:Join": {"On": "-", "Values": […]}}``, ``{"Std:JsonGet": {"S3Uri": …, "Path": "a.b"}}``, or in place of
the S3Uri ``"PropertyFile": {"Get": "Steps.s.PropertyFiles.f"}``: a step that has property files has their
S3 URIs as properties of these names.
Forms are those that the SageMaker Python SDK writes (``workflow/functions.py``, ``execution_variables.py``).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.paths import Path, look_up, parse_path
from localcloud.sagemaker.pipelines.reading import DefinitionError, StepError, only_members, take_object
from localcloud.sagemaker.pipelines.values import Value, render

FUNCTIONS = frozenset({"Get", "Std:Join", "Std:JsonGet"})

PROPERTY_FILES = "PropertyFiles"

EXECUTION_VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)
"""The last two a step of that type alone has, of its own job (SageMaker Python SDK, "Execution Variable")."""

_PROPERTY_FILE = re.compile(rf"Steps\.(?P<step>[^.]+)\.{PROPERTY_FILES}\.(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands for itself."""

    value: Value


@dataclass(frozen=True, slots=True)
class ParameterReference:
    """``Parameters.<name>``."""

    name: str


@dataclass(frozen=True, slots=True)
class ExecutionReference:
    """``Execution.<variable>``."""

    variable: str


@dataclass(frozen=True, slots=True)
class StepReference:
    """``Steps.<step>.<path>``."""

    step: str
    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """``Std:Join``: values written as strings, one after the other."""

    on: str
    values: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class JsonGet:
    """``Std:JsonGet``: a value inside a JSON document in S3."""

    s3_uri: "Expression"
    path: Path
    text: str


Expression = Literal | ParameterReference | ExecutionReference | StepReference | Join | JsonGet


@dataclass(frozen=True, slots=True)
class Environment:
    """What expressions are evaluated against: a moment of one execution."""

    parameters: Mapping[str, Value]
    execution: Mapping[str, str]
    properties: Mapping[str, Mapping[Path, Value]]
    read_json: Callable[[str], object]


def parse_expression(document: object, where: str) -> Expression:
    """Read an expression of a definition.

    `document`: what the definition's JSON holds: a plain value or one of the three functions.
    `where`: names the place, for messages: ``Step 'a', argument 'b'``.

    Raises `DefinitionError` where it is neither; nested objects and lists are not values, as AWS documents
    for Lambda steps.
    """
    if isinstance(document, str | int | float):
        return Literal(document)
    if not isinstance(document, dict) or len(document) != 1:
        raise DefinitionError(
            f"{where} must be a String, Integer, Float, Boolean, or an object with the one member Get, "
            "Std:Join or Std:JsonGet; nested values are not supported"
        )
    ((function, argument),) = document.items()
    match function:
        case "Get":
            return _parse_reference(argument, where)
        case "Std:Join":
            return _parse_join(argument, where)
        case "Std:JsonGet":
            return _parse_json_get(argument, where)
    raise DefinitionError(f"{where}: unknown function '{function}'")


def references(expression: Expression) -> Iterator[ParameterReference | ExecutionReference | StepReference]:
    """Yield the parameters, variables and steps that an expression needs."""
    match expression:
        case ParameterReference() | ExecutionReference() | StepReference():
            yield expression
        case Join(values=values):
            for value in values:
                yield from references(value)
        case JsonGet(s3_uri=s3_uri):
            yield from references(s3_uri)


def evaluate(expression: Expression, environment: Environment) -> Value:
    """Give the value of an expression.

    Raises `StepError` where a step has no such output, or a document in S3 cannot be read or lacks the path.
    """
    match expression:
        case Literal(value):
            return value
        case ParameterReference(name):
            return environment.parameters[name]
        case ExecutionReference(variable):
            return environment.execution[variable]
        case StepReference(step, path, text):
            properties = environment.properties[step]
            if path not in properties:
                raise StepError(
                    f"ClientError: '{text}' has no value: step '{step}' ended without this output."
                )
            return properties[path]
        case Join(on, values):
            return on.join(render(evaluate(value, environment)) for value in values)
        case JsonGet(s3_uri, path, text):
            return _get_json(render(evaluate(s3_uri, environment)), path, text, environment)


def _parse_reference(text: object, where: str) -> Expression:
    if not isinstance(text, str):
        raise DefinitionError(f"{where}: Get takes a String")
    root, _, rest = text.partition(".")
    if root == "Parameters" and rest:
        return ParameterReference(rest)
    if root == "Execution" and rest in EXECUTION_VARIABLES:
        return ExecutionReference(rest)
    step, _, path = rest.partition(".")
    if root == "Steps" and path.startswith(f"{PROPERTY_FILES}."):
        raise DefinitionError(f"{where}: '{text}' can only be the PropertyFile of Std:JsonGet")
    if root == "Steps" and step and path:
        try:
            return StepReference(step, parse_path(path), text)
        except ValueError as error:
            raise DefinitionError(f"{where}: invalid reference '{text}': {error}") from error
    raise DefinitionError(
        f"{where}: invalid reference '{text}'; Get takes Parameters.<name>, Steps.<step>.<property> or "
        f"Execution.<one of {', '.join(EXECUTION_VARIABLES)}>"
    )


def _parse_join(argument: object, where: str) -> Join:
    members = take_object(argument, f"{where}: Std:Join")
    members = only_members(members, {"On", "Values"})
    on, values = members.get("On", ""), members.get("Values")
    if not isinstance(on, str) or not isinstance(values, list):
        raise DefinitionError(f"{where}: Std:Join takes On, a String, and Values, a list")
    return Join(on, tuple(parse_expression(value, f"{where}, a value of Std:Join") for value in values))


def _parse_json_get(argument: object, where: str) -> JsonGet:
    members = take_object(argument, f"{where}: Std:JsonGet")
    members = only_members(members, {"PropertyFile", "S3Uri", "Path"})
    path = members.get("Path")
    if ("S3Uri" in members) is ("PropertyFile" in members) or not isinstance(path, str):
        raise DefinitionError(f"{where}: Std:JsonGet takes either S3Uri or PropertyFile, and Path, a String")
    try:
        parsed = parse_path(path)
    except ValueError as error:
        raise DefinitionError(f"{where}: {error}") from error
    if "PropertyFile" in members:
        return JsonGet(_parse_property_file(members["PropertyFile"], where), parsed, path)
    return JsonGet(parse_expression(members["S3Uri"], f"{where}, S3Uri of Std:JsonGet"), parsed, path)


def _parse_property_file(document: object, where: str) -> StepReference:
    members = take_object(document, f"{where}: PropertyFile of Std:JsonGet")
    only_members(members, {"Get"})
    text = members.get("Get")
    match = _PROPERTY_FILE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise DefinitionError(
            f"{where}: PropertyFile of Std:JsonGet takes Get of Steps.<step>.{PROPERTY_FILES}.<name>"
        )
    return StepReference(match["step"], (PROPERTY_FILES, match["name"]), match[0])


def _get_json(uri: str, path: Path, text: str, environment: Environment) -> Value:
    try:
        found = look_up(environment.read_json(uri), path)
    except LookupError as error:
        raise StepError(f"ClientError: JSON path '{text}' was not found in {uri}.") from error
    if not isinstance(found, str | int | float):
        raise StepError(
            f"ClientError: JSON path '{text}' in {uri} is not a String, Integer, Float or Boolean."
        )
    return found
