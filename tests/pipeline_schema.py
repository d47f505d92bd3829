"""What AWS publishes of a pipeline's definition, for the steps that this project uses, as a JSON schema.

Members, names and limits are those of SageMaker's "Pipeline definition JSON schema"
(https://aws-sagemaker-mlops.github.io/sagemaker-model-building-pipeline-definition-JSON-schema/). It has no
licence, so the facts are written down here. In two things SageMaker takes more than it says: a reference for
`SqsQueueUrl`, as in AWS's examples, and steps of every type in the branches of a condition.

The arguments of a job are those of its Create operation in botocore's model (Developer Guide, "Pipelines
steps"), each a value or a reference to one.
"""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import Session

Schema = dict[str, Any]


def _members(required: str, optional: dict[str, Schema], **members: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**optional, **members},
        "required": required.split(),
        "additionalProperties": False,
    }


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_GET = _members("Get", {}, Get={"type": "string"})
_JOIN_VALUES = _members("Values", {}, On={"type": "string"}, Values={"type": "array"})
_JOIN = _members("Std:Join", {"Std:Join": _JOIN_VALUES})


def _value(*kinds: str) -> Schema:
    """Allow a value of a type, or a reference to one."""
    return {"anyOf": [*({"type": kind} for kind in kinds), _GET, _JOIN]}


_NAME: Schema = {"type": "string", "pattern": r"^[A-Za-z0-9\-_]{1,64}$"}
_DESCRIPTION: Schema = {"type": "string", "maxLength": 4096}
_ANY = _value("string", "boolean", "number")


def _parameter(kind: str, value: Schema) -> Schema:
    required = "Name" if kind == "String" else "Name Type"
    return _members(
        required, {"Description": _DESCRIPTION}, Name=_NAME, Type=_one_of(kind), DefaultValue=value
    )


_PARAMETERS = [
    _parameter("String", {"type": "string", "maxLength": 4096}),
    _parameter("Integer", {"type": "integer"}),
    _parameter("Float", {"type": "number"}),
    _parameter("Boolean", {"type": "boolean"}),
]
_COMPARISONS = ("GreaterThan", "LessThan", "LessThanOrEqualTo", "GreaterThanOrEqualTo", "Equals", "NotEquals")
_COMPARISON = _members(
    "Type LeftValue RightValue", {}, Type=_one_of(*_COMPARISONS), LeftValue=_ANY, RightValue=_ANY
)
_MEMBERSHIP = _members("Type Value In", {}, Type=_one_of("In", "NotIn"), Value=_ANY, In=_list(_ANY))
_BOTH = {"anyOf": [_COMPARISON, _MEMBERSHIP]}
_OR = _members("Type Conditions", {}, Type=_one_of("Or"), Conditions=_list(_BOTH))


def _arguments(operation: str, own_name: str) -> Schema:
    shape = Session().get_service_model("sagemaker").operation_model(operation).input_shape
    assert isinstance(shape, StructureShape)
    schema = _schema_of(shape)
    return schema | {"required": [name for name in schema["required"] if name != own_name]}


def _schema_of(shape: Shape) -> Schema:
    if isinstance(shape, StructureShape):
        members = {name: _schema_of(member) for name, member in shape.members.items()}
        return _members(" ".join(shape.required_members), members)
    if isinstance(shape, ListShape):
        return _list(_schema_of(shape.member))
    if isinstance(shape, MapShape):
        return {"type": "object", "additionalProperties": _schema_of(shape.value)}
    return _value(
        {"long": "integer", "float": "number", "double": "number"}.get(shape.type_name, shape.type_name)
    )


def _step(kind: str, required: str, **members: Schema) -> Schema:
    common = {"DependsOn": _list(_NAME), "DisplayName": _NAME, "Description": _DESCRIPTION}
    return _members(f"Name Type {required}", common, Name=_NAME, Type=_one_of(kind), **members)


_OUTPUT = _members(
    "", {}, OutputName=_value("string"), OutputType=_one_of("String", "Integer", "Boolean", "Float")
)
_CACHE = _members("", {}, Enabled={"type": "boolean"}, ExpireAfter={"type": "string"})
_CALL: dict[str, Schema] = {
    "Arguments": {"type": "object"},
    "OutputParameters": _list(_OUTPUT),
    "CacheConfig": _CACHE,
}
_STEPS = [
    _step("Lambda", "FunctionArn", FunctionArn={"type": "string"}, **_CALL),
    _step("Callback", "SqsQueueUrl", SqsQueueUrl=_value("string"), **_CALL),
    _step("Fail", "Arguments", Arguments=_members("", {}, ErrorMessage=_value("string"))),
    _step(
        "Condition",
        "Arguments",
        Arguments=_members(
            "Conditions",
            {},
            Conditions=_list({"anyOf": [_COMPARISON, _MEMBERSHIP, _OR]}),
            IfSteps=_list({"$ref": "#/definitions/step"}),
            ElseSteps=_list({"$ref": "#/definitions/step"}),
        ),
    ),
    _step(
        "Processing",
        "Arguments",
        Arguments=_arguments("CreateProcessingJob", "ProcessingJobName"),
        RetryPolicies=_list({"type": "object"}),
        CacheConfig=_CACHE,
    ),
]
SCHEMA = {
    "definitions": {"step": {"oneOf": _STEPS}},
    **_members(
        "Steps",
        {},
        Version=_one_of("2020-12-01"),
        Metadata={"type": "object", "additionalProperties": {"type": "string", "maxLength": 1024}},
        Parameters=_list({"oneOf": _PARAMETERS}),
        Steps=_list({"$ref": "#/definitions/step"}),
    ),
}
