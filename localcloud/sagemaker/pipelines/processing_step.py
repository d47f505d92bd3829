"""The Processing step: runs a processing job, whose outputs may hold property files."""

from collections.abc import Iterator
from dataclasses import replace

from localcloud.sagemaker.pipelines.arguments import Branches, Items, Leaf, Node
from localcloud.sagemaker.pipelines.expressions import PROPERTY_FILES, Literal
from localcloud.sagemaker.pipelines.job_step import JobStep, JobType, parse_job_step
from localcloud.sagemaker.pipelines.property_files import parse_property_files
from localcloud.sagemaker.pipelines.service import StartedKind
from localcloud.sagemaker.pipelines.steps import Header

PROCESSING = JobType(
    StartedKind.PROCESSING, frozenset({"AppSpecification", "Environment", "ProcessingInputs"})
)


def parse_processing_step(header: Header, members: dict[str, object]) -> JobStep:
    """Read a Processing step of a definition, as `parse_job_step` does, and its PropertyFiles.

    Raises `DefinitionError` where a member is unknown, missing, malformed, or not supported.
    """
    rest = dict(members)
    given = rest.pop(PROPERTY_FILES, None)
    step = parse_job_step(PROCESSING, header, rest)
    files = parse_property_files([] if given is None else given, list(_outputs(step.arguments)), header.where)
    return replace(step, property_files=files)


def _outputs(node: Node) -> Iterator[str]:
    """Yield the names of the outputs of a request."""
    match node:
        case Branches({"ProcessingOutputConfig": Branches({"Outputs": Items(items)})}):
            for item in items:
                match item:
                    case Branches({"OutputName": Leaf(Literal(name))}):
                        yield str(name)
