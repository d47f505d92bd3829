"""What executions of state machines do again and again, though once is enough."""

from functools import lru_cache

from localstack.services.stepfunctions.asl.component.common.path import result_path
from localstack.services.stepfunctions.asl.utils import json_path


def apply() -> None:
    """Defect: each use of a path, also of a ResultPath, makes its parser anew: 20 ms of everybody's time."""
    for module in (json_path, result_path):
        module.parse = lru_cache(maxsize=4096)(module.parse)
