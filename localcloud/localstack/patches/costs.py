"""What executions of state machines do again and again, though once is enough."""

from functools import lru_cache

from localstack.services.stepfunctions.asl.utils import json_path


def apply() -> None:
    """Defect: each use of a JSONPath makes its parser anew, which takes 20 ms of everybody's time."""
    json_path.parse = lru_cache(maxsize=4096)(json_path.parse)
