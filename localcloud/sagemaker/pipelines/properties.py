"""Properties of a step that calls SageMaker: the members of the Describe operation's answer.

``Steps.train.ModelArtifacts.S3ModelArtifacts``; items of lists by their place or by their name,
``Steps.process.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri`` (developer guide, "Step
Properties"). Only plain values can be referred to.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from botocore.model import ListShape, MapShape, Shape, StructureShape

from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.values import Value

# What an item of a list is called by, in the structures of the service model that lists hold.
_NAMES = ("ChannelName", "ContainerHostname", "InputName", "MetricName", "OutputName", "VariantName")


def has_property(shape: Shape | None, path: Path) -> bool:
    """Tell whether an answer of this shape may have a plain value there."""
    for part in path:
        match shape:
            case StructureShape() if isinstance(part, str):
                shape = shape.members.get(part)
            case MapShape() if isinstance(part, str):
                shape = shape.value
            case ListShape() if isinstance(part, int) or _has_name(shape.member):
                shape = shape.member
            case _:
                return False
    return shape is not None and not isinstance(shape, StructureShape | MapShape | ListShape)


def properties_in(answer: Mapping[str, object]) -> dict[Path, Value]:
    """Give the plain values of an answer by the paths that refer to them; times as ISO 8601."""
    return dict(_walk(answer, ()))


def _walk(value: object, path: Path) -> Iterator[tuple[Path, Value]]:
    match value:
        case str() | bool() | int() | float():
            yield path, value
        case datetime():
            yield path, value.isoformat(timespec="milliseconds")
        case Mapping():
            for name, member in value.items():
                yield from _walk(member, (*path, str(name)))
        case Sequence():
            for index, item in enumerate(value):
                yield from _walk(item, (*path, index))
                for name in _names_of(item):
                    yield from _walk(item, (*path, name))


def _names_of(item: object) -> Iterator[str]:
    if isinstance(item, Mapping):
        yield from (str(item[member]) for member in _NAMES if item.get(member) is not None)


def _has_name(shape: Shape) -> bool:
    return isinstance(shape, StructureShape) and any(name in shape.members for name in _NAMES)
