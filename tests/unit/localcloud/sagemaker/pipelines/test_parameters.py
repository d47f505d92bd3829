"""Parameters: declared in the definition, bound at the start of an execution."""

import pytest

from localcloud.sagemaker.pipelines.parameters import ParameterError, bind, parse_parameters
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.sagemaker.pipelines.values import Value

DECLARED = parse_parameters([
    {"Name": "text", "Type": "String", "DefaultValue": ""},
    {"Name": "size", "Type": "Integer", "DefaultValue": 5},
    {"Name": "ratio", "Type": "Float", "DefaultValue": 1},
    {"Name": "flag", "Type": "Boolean", "DefaultValue": False},
    {"Name": "colour", "DefaultValue": "red", "EnumValues": ["red", "green"]},
    {"Name": "needed", "Type": "String", "Description": "has no default"},
])  # fmt: skip


def test_defaults_hold_where_nothing_is_given_and_have_their_type() -> None:
    values = bind(DECLARED, [("needed", "x")])
    assert values == {"text": "", "size": 5, "ratio": 1.0, "flag": False, "colour": "red", "needed": "x"}
    assert isinstance(values["ratio"], float)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "a b", "a b"),
        ("text", "7", "7"),
        ("size", "-3", -3),
        ("ratio", "2", 2.0),
        ("ratio", "1e-3", 0.001),
        ("flag", "true", True),
        ("flag", "True", True),  # as the SageMaker Python SDK writes it
        ("colour", "green", "green"),
    ],
)
def test_given_values_are_read_by_their_type(name: str, text: str, value: Value) -> None:
    bound = bind(DECLARED, [(name, text), ("needed", "x")])[name]
    assert bound == value
    assert type(bound) is type(value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([("unheard", "1")], "'unheard' is unknown. Parameters of the pipeline: text, size"),
        ([("text", "a"), ("text", "b")], "'text' is given more than once"),
        ([], "have none: needed"),
        ([("size", "many")], "'size': \"many\" is not of type Integer"),
        ([("size", "1.5")], "is not of type Integer"),
        ([("ratio", "x")], "is not of type Float"),
        ([("flag", "1")], "is not of type Boolean"),
        (
            [("colour", "blue")],
            r"Value 'blue' for pipeline parameter 'colour' failed .* enum value set: \[red, green\]",
        ),
        # The words of the service: aws/sagemaker-python-sdk issue 4016.
        ([("needed", "")], r'\[string "" is too short \(length: 0, required minimum: 1\)\]'),
    ],
)
def test_values_that_do_not_fit_are_refused(given: list[tuple[str, str]], reason: str) -> None:
    with pytest.raises(ParameterError, match=reason):
        bind(DECLARED, given)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "Expecting start of Json Array"),
        (["p"], "Expecting start of Json Object"),
        ([{"Name": "p q"}], "Parameter name 'p q' failed to satisfy pattern"),
        ([{"Type": "String"}], "Parameter name 'None' failed"),
        ([{"Name": "p"}, {"Name": "p"}], "Duplicate parameter name: 'p'"),
        (
            [{"Name": "p", "Type": "Date"}],
            r"Parameter 'p'.*|Value 'Date' for 'Type' failed to satisfy enum value set",
        ),
        ([{"Name": "p", "Type": ["String"]}], "failed to satisfy enum value set"),
        (
            [{"Name": "p", "Type": "Integer", "DefaultValue": "5"}],
            "Parameter 'p': DefaultValue must be of type Integer",
        ),
        ([{"Name": "p", "Type": "Integer", "DefaultValue": True}], "must be of type Integer"),
        ([{"Name": "p", "Type": "String", "DefaultValue": {"a": 1}}], "must be of type String"),
        ([{"Name": "p", "DefaultValue": "x" * 4097}], "is too long"),
        ([{"Name": "p", "DefaultValue": "a", "EnumValues": ["b"]}], "'a' is not one of its EnumValues"),
        ([{"Name": "p", "EnumValues": [1]}], "a member of EnumValues must be of type String"),
        ([{"Name": "p", "Default": "a"}], "unknown property 'Default'"),
    ],
)
def test_wrong_declarations_are_refused(document: object, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        parse_parameters(document)
