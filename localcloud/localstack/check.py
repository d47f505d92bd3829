"""Checks definitions as the local cloud does when they are made, without a cloud.

``python -m localcloud.localstack.check`` reads ``[{"kind": "pipeline" or "state_machine", "text": …}, …]``
from standard input and writes a list of mistakes for each: ``{"message": …, "location": …}``. It needs
botocore and neither LocalStack nor its environment, so that any program can ask it.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence

from localcloud.localstack.integrations import KnownIntegrations
from localcloud.sagemaker.pipelines.definition import parse_definition
from localcloud.sagemaker.pipelines.reading import DefinitionError
from localcloud.states_language.checking import check

Mistakes = list[dict[str, str]]


def mistakes_of_pipeline(text: str) -> Mistakes:
    """Check a pipeline's definition; the first mistake is told, which names its step."""
    try:
        parse_definition(text)
    except DefinitionError as error:
        return [{"message": str(error), "location": ""}]
    return []


def mistakes_of_state_machine(text: str) -> Mistakes:
    """Check a state machine's definition; locations are such as ``/States/Train/Next``."""
    found = check(text, integrations=KnownIntegrations())
    return [{"message": one.message, "location": one.location} for one in found if one.severity == "ERROR"]


_KINDS: Mapping[str, Callable[[str], Mistakes]] = {
    "pipeline": mistakes_of_pipeline,
    "state_machine": mistakes_of_state_machine,
}


def check_all(definitions: Sequence[Mapping[str, str]]) -> list[Mistakes]:
    """Check several definitions; raises `KeyError` at a kind that there is not."""
    return [_KINDS[one["kind"]](one["text"]) for one in definitions]


if __name__ == "__main__":
    json.dump(check_all(json.load(sys.stdin)), sys.stdout)
