"""Which fields the parts of a definition have, and what their values may be.

Sources: AWS's own answers to ValidateStateMachineDefinition, as measured in public repositories (the rules
``pf-sfn-asl-*`` of cdk-preflight, 2026-09-05: 8 types of states by 50 fields, and the limits of numbers;
floci-io/floci#2735, #2968), and states-language.net.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a value is."""

    STRING = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    NUMBER = auto()
    OBJECT = auto()
    PATH = auto()
    """A JSONPath, or null."""
    REFERENCE = auto()
    """A path that leads to one place, or null."""
    TEMPLATE = auto()
    """JSON in which the fields that end in ``.$`` hold paths, or, in JSONata, texts are expressions."""
    ANYTHING = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its kind, the least and the greatest number, the only values."""

    kind: Kind
    least: int | None = None
    most: int | None = None
    values: tuple[str, ...] = ()


TEXT, FLAG, PATH, REFERENCE = Field(Kind.STRING), Field(Kind.BOOLEAN), Field(Kind.PATH), Field(Kind.REFERENCE)
OBJECT, TEMPLATE, ANYTHING = Field(Kind.OBJECT), Field(Kind.TEMPLATE), Field(Kind.ANYTHING)
SECONDS = Field(Kind.INTEGER, 1, 99_999_999)
LANGUAGE = Field(Kind.STRING, values=("JSONPath", "JSONata"))

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")

_ALL = {"Type": TEXT, "Comment": TEXT, "QueryLanguage": LANGUAGE}
_PATHS = {"InputPath": PATH, "OutputPath": PATH, "Output": TEMPLATE}
_FLOW = {**_ALL, **_PATHS, "Assign": OBJECT, "Next": TEXT, "End": FLAG}
_RESULT = {"ResultPath": REFERENCE, "Parameters": TEMPLATE}
_WORK = {**_FLOW, **_RESULT, "ResultSelector": TEMPLATE, "Retry": ANYTHING, "Catch": ANYTHING}

STATES: Mapping[str, Mapping[str, Field]] = {
    "Pass": {**_FLOW, **_RESULT, "Result": ANYTHING},
    "Task": {
        **_WORK,
        "Arguments": TEMPLATE,
        "Resource": TEXT,
        "Credentials": TEMPLATE,
        "TimeoutSeconds": SECONDS,
        "TimeoutSecondsPath": PATH,
        "HeartbeatSeconds": SECONDS,
        "HeartbeatSecondsPath": PATH,
    },
    "Wait": {
        **_FLOW,
        "Seconds": Field(Kind.INTEGER, 0, 99_999_999),
        "Timestamp": TEXT,
        "SecondsPath": PATH,
        "TimestampPath": PATH,
    },
    "Parallel": {**_WORK, "Arguments": TEMPLATE, "Branches": ANYTHING},
    "Map": {
        **_WORK,
        "ItemProcessor": OBJECT,
        "Iterator": OBJECT,
        "ItemsPath": REFERENCE,
        "Items": TEMPLATE,
        "ItemSelector": TEMPLATE,
        "ItemReader": OBJECT,
        "ItemBatcher": OBJECT,
        "ResultWriter": OBJECT,
        "MaxConcurrency": Field(Kind.INTEGER, 0),
        "MaxConcurrencyPath": PATH,
        "ToleratedFailurePercentage": Field(Kind.NUMBER, 0, 100),
        "ToleratedFailurePercentagePath": PATH,
        "ToleratedFailureCount": Field(Kind.INTEGER, 0),
        "ToleratedFailureCountPath": PATH,
        "Label": TEXT,
    },
    "Choice": {**_ALL, **_PATHS, "Assign": OBJECT, "Choices": ANYTHING, "Default": TEXT},
    "Succeed": {**_ALL, **_PATHS},
    "Fail": {**_ALL, "Error": TEXT, "Cause": TEXT, "ErrorPath": PATH, "CausePath": PATH},
}

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Parallel": ("Branches",),
    "Choice": ("Choices",),
}

MACHINE = {
    "Comment": TEXT,
    "QueryLanguage": LANGUAGE,
    "StartAt": TEXT,
    "States": OBJECT,
    "TimeoutSeconds": Field(Kind.INTEGER, 0, 99_999_999),
    "Version": Field(Kind.STRING, values=("1.0",)),
}
BRANCH = {"Comment": TEXT, "StartAt": TEXT, "States": OBJECT}
PROCESSOR = {**BRANCH, "ProcessorConfig": OBJECT}
PROCESSOR_CONFIG = {
    "Mode": Field(Kind.STRING, values=("INLINE", "DISTRIBUTED")),
    "ExecutionType": Field(Kind.STRING, values=("STANDARD", "EXPRESS")),
}
RETRIER = {
    "Comment": TEXT,
    "ErrorEquals": ANYTHING,
    "IntervalSeconds": Field(Kind.INTEGER, 0),
    "MaxAttempts": Field(Kind.INTEGER, 0, 99_999_999),
    "BackoffRate": Field(Kind.NUMBER, 1),
    "MaxDelaySeconds": Field(Kind.INTEGER, 1, 31_622_400),
    "JitterStrategy": Field(Kind.STRING, values=("NONE", "FULL")),
}
CATCHER = {
    "Comment": TEXT,
    "ErrorEquals": ANYTHING,
    "Next": TEXT,
    "ResultPath": REFERENCE,
    "Output": TEMPLATE,
    "Assign": OBJECT,
}

EXCLUSIVE = (
    ("Next", "End"),
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("ItemProcessor", "Iterator"),
    ("SecondsPath", "Seconds", "TimestampPath", "Timestamp"),
)
"""There may be one of each of these."""

ONLY_JSONPATH = frozenset(
    {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "Result", "ItemsPath"}
    | {f"{name}SecondsPath" for name in ("Timeout", "Heartbeat", "")}
    | {f"{name}Path" for name in ("Timestamp", "MaxConcurrency", "Error", "Cause")}
    | {f"ToleratedFailure{name}Path" for name in ("Percentage", "Count")}
)
ONLY_JSONATA = frozenset({"Arguments", "Output", "Items"})

LITERAL = frozenset({"Type", "Comment", "QueryLanguage", "Next", "Default", "Resource", "Label", "Retry"})
"""Fields whose texts are never expressions."""

_COMPARED = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
COMPARISONS: Mapping[str, Field] = {
    **{f"{kind}{name}": TEXT for kind in ("String", "Timestamp") for name in _COMPARED},
    **{f"Numeric{name}": Field(Kind.NUMBER) for name in _COMPARED},
    **{f"{kind}{name}Path": REFERENCE for kind in ("String", "Timestamp", "Numeric") for name in _COMPARED},
    "StringMatches": TEXT,
    "BooleanEquals": FLAG,
    "BooleanEqualsPath": REFERENCE,
    **{f"Is{name}": FLAG for name in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}
RULES = ("And", "Or", "Not", "Variable", "Condition")
