"""What the user calls an execution, and the ARN that is meant: pure."""

from __future__ import annotations

import re
from enum import StrEnum

from driver.exceptions import WrongUseError
from driver.models import Outputs

_PIPELINE_EXECUTION_ID = re.compile(r"[a-z0-9]{12}")
_STATE_MACHINE_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_RUN_ID = re.compile(r"(?:.*-)?[0-9a-f]{32}")


class Kind(StrEnum):
    """What an execution is an execution of."""

    STATE_MACHINE = "state machine"
    PIPELINE = "pipeline"


def kind_of(arn: str) -> Kind:
    """Tell a state machine's execution from a pipeline's by its ARN."""
    return Kind.STATE_MACHINE if arn.split(":")[2:3] == ["states"] else Kind.PIPELINE


def short_name(arn: str) -> str:
    """Return the shortest thing that `find_arn` takes for this execution."""
    if kind_of(arn) is Kind.PIPELINE:
        return arn.rpartition("/")[2]
    name = arn.rpartition(":")[2]
    return arn if _PIPELINE_EXECUTION_ID.fullmatch(name) else name


def find_arn(text: str, outputs: Outputs) -> str:
    """Find out which execution of a deployment is meant.

    Parameters
    ----------
    text
        Its ARN; the name of a state machine's execution; or the id of a pipeline execution, which is always
        12 lowercase letters and digits.
    outputs
        The deployment's.

    Raises
    ------
    WrongUseError
        If it is none of these, or the ARN is not of this deployment.
    """
    pipeline, state_machine = f"{outputs.pipeline_arn}/execution/", _executions_of(outputs)
    if text.startswith("arn:"):
        prefix = state_machine if kind_of(text) is Kind.STATE_MACHINE else pipeline
        if prefix and text.startswith(prefix) and len(text) > len(prefix):
            return text
        raise WrongUseError(
            f"{text} is no execution of this deployment.",
            f"Its executions begin with {' or '.join(filter(None, (state_machine, pipeline)))}.",
            "`invoke executions` lists the recent ones.",
        )
    if _PIPELINE_EXECUTION_ID.fullmatch(text):
        return pipeline + text
    if state_machine and _STATE_MACHINE_EXECUTION_NAME.fullmatch(text):
        return state_machine + text
    raise WrongUseError(
        f"{text!r} names no execution.",
        "It must be an ARN, the name of a state machine's execution, or the 12 characters of a pipeline's.",
        "`invoke executions` lists the recent ones.",
    )


def is_of_state_machine(display_name: str) -> bool:
    """Tell whether a pipeline execution was started by the state machine.

    The start function names it after its run: a hash of 32 hexadecimal digits, behind what can be said of the
    execution's name.
    """
    return _RUN_ID.fullmatch(display_name) is not None


def _executions_of(outputs: Outputs) -> str:
    """Return what the ARNs of the state machine's executions begin with; nothing if there is none."""
    if not outputs.state_machine_arn:
        return ""
    return f"{outputs.state_machine_arn.replace(':stateMachine:', ':execution:')}:"
