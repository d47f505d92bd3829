"""sagestep from Python: pipelines and workflows of a project executed, followed, read (docs/python.md).

>>> from driver import Project
>>> execution = Project().pipeline("churn").execute("customers.csv")  # doctest: +SKIP
>>> execution.wait().dataframe()  # doctest: +SKIP

The same package is behind `invoke`. Every error is a `SagestepError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driver.api.endpoint import Endpoint as Endpoint
    from driver.api.execution import Execution as Execution
    from driver.api.pipeline import Pipeline as Pipeline
    from driver.api.project import Project as Project
    from driver.api.values import Description as Description
    from driver.api.values import LogEvent as LogEvent
    from driver.api.values import Metric as Metric
    from driver.api.values import Step as Step
    from driver.api.workflow import Workflow as Workflow
    from driver.commands.predict import Prediction as Prediction
    from driver.model.exceptions import DeadlineExceededError as DeadlineExceededError
    from driver.model.exceptions import ExecutionFailedError as ExecutionFailedError
    from driver.model.exceptions import NotDeployedError as NotDeployedError
    from driver.model.exceptions import SagestepError as SagestepError
    from driver.model.exceptions import WrongUseError as WrongUseError

# Loaded when it is first used: `import driver` costs nothing, and `invoke --list` does not wait for it.
_PLACES = {
    "Description": "api.values",
    "Endpoint": "api.endpoint",
    "Execution": "api.execution",
    "LogEvent": "api.values",
    "Metric": "api.values",
    "Pipeline": "api.pipeline",
    "Prediction": "commands.predict",
    "Project": "api.project",
    "Step": "api.values",
    "Workflow": "api.workflow",
    "DeadlineExceededError": "model.exceptions",
    "ExecutionFailedError": "model.exceptions",
    "NotDeployedError": "model.exceptions",
    "SagestepError": "model.exceptions",
    "WrongUseError": "model.exceptions",
}
__all__ = list(_PLACES)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
