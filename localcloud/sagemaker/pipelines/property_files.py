"""PropertyFiles of a Processing step: JSON documents among its outputs, from which ``Std:JsonGet`` reads.

Form as the SageMaker Python SDK writes it (``workflow/properties.py``):
``{"PropertyFileName": …, "OutputName": …, "FilePath": …}``; the path is relative to the output.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from localcloud.sagemaker.pipelines.expressions import PROPERTY_FILES
from localcloud.sagemaker.pipelines.paths import Path
from localcloud.sagemaker.pipelines.reading import (
    DefinitionError,
    only_members,
    take_list,
    take_object,
    take_text,
)
from localcloud.sagemaker.pipelines.values import Value

_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class PropertyFile:
    """A document at a path below an output."""

    name: str
    output: str
    file: str

    @property
    def path(self) -> Path:
        """The property by which expressions refer to it."""
        return (PROPERTY_FILES, self.name)

    def locate(self, properties: Mapping[Path, Value]) -> tuple[Path, Value]:
        """Give its property and S3 URI, from the properties of a step that has succeeded."""
        folder = properties["ProcessingOutputConfig", "Outputs", self.output, "S3Output", "S3Uri"]
        return self.path, f"{str(folder).rstrip('/')}/{self.file.lstrip('/')}"


def parse_property_files(document: object, outputs: Collection[str], where: str) -> tuple[PropertyFile, ...]:
    """Read the PropertyFiles of a step.

    `outputs`: the names of the step's outputs.

    Raises `DefinitionError` where one is malformed, a name used twice, or the output not one of the step's.
    """
    files: list[PropertyFile] = []
    for item in take_list(document, f"{where}, PropertyFiles"):
        members = take_object(item, f"{where}, a member of PropertyFiles")
        members = only_members(members, {"PropertyFileName", "OutputName", "FilePath"})
        name, output, file = (
            take_text(members.get(member), f"{where}, {member}", _LONGEST)
            for member in ("PropertyFileName", "OutputName", "FilePath")
        )
        if any(earlier.name == name for earlier in files):
            raise DefinitionError(f"{where}: duplicate property file name: '{name}'.")
        if output not in outputs:
            raise DefinitionError(
                f"{where}: property file '{name}' names output '{output}', which is missing"
            )
        files.append(PropertyFile(name, output, file))
    return tuple(files)
