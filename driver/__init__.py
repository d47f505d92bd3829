"""The driver behind `invoke`: applies Terraform, runs pipelines and workflows, destroys on request.

From Python: `driver.Workflow` and the `driver.Execution` that it makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driver.api import Execution as Execution
    from driver.api import Workflow as Workflow

__all__ = ["Execution", "Workflow"]


def __getattr__(name: str) -> Any:
    """Load what Python code uses once it is used: `invoke --list` must not wait for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from driver import api  # noqa: PLC0415

    return getattr(api, name)
