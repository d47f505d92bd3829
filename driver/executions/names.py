"""Names of executions, as the user types them, and their ARNs. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from enum import StrEnum

from driver.model.exceptions import WrongUseError
from driver.model.values import Outputs

_PIPELINE_EXECUTION_ID = re.compile(r"[a-z0-9]{12}")
_STATE_MACHINE_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
_ITEM = re.compile(r"(.+?)-\d+(?:-r\d+)?")  # the name of its fan-out, its number, and the redrive
_RUN = re.compile(r"run-\d{8}T\d{6}-[0-9a-f]{6}")
_RUN_ID = re.compile(r"(?:.*-)?[0-9a-f]{32}")


class Kind(StrEnum):
    """What an execution is an execution of."""

    STATE_MACHINE = "state machine"  # the one that runs pipelines
    PIPELINE = "pipeline"
    WORKFLOW = "workflow"
    FAN_OUT = "fan-out"  # of a pipeline or a workflow over many items


def kind_of(arn: str, outputs: Outputs) -> Kind:
    """Tell by its ARN what an execution is an execution of."""
    if arn.split(":")[2:3] != ["states"]:
        return Kind.PIPELINE
    fan_outs = _executions_of(outputs.fan_out_state_machine_arn)
    if fan_outs and arn.startswith(fan_outs):
        return Kind.FAN_OUT
    return Kind.WORKFLOW if workflow_of(arn, outputs) else Kind.STATE_MACHINE


def workflow_of(arn: str, outputs: Outputs) -> str:
    """Return the workflow that an execution is of; nothing if it is of none."""
    machine = arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    names = (name for name, workflow in outputs.workflows.items() if workflow.state_machine_arn == machine)
    return next(names, "")


def short_name(arn: str, outputs: Outputs) -> str:
    """Return the shortest thing that `find_arn` takes for this execution."""
    kind = kind_of(arn, outputs)
    if kind is Kind.PIPELINE:
        pipeline, name = outputs.pipeline_of(arn), arn.rpartition("/")[2]
        return name if pipeline in {"", outputs.default_pipeline} else f"{pipeline}/{name}"
    name = arn.rpartition(":")[2]
    if kind is Kind.FAN_OUT:
        return f"{kind}/{name}"
    if kind is Kind.WORKFLOW:
        return f"{workflow_of(arn, outputs)}/{name}"
    return arn if _PIPELINE_EXECUTION_ID.fullmatch(name) else name


def find_arn(text: str, outputs: Outputs) -> str:
    """Find the ARN of an execution.

    Parameters
    ----------
    text
        Its ARN; the name of an execution of the state machine that runs pipelines; the id of an execution of
        the default pipeline, always 12 lowercase letters and digits; `<pipeline>/<id>`; `fan-out/<name>`; or
        `<workflow>/<name>`, with the name of a workflow or of its state machine.

    Raises
    ------
    WrongUseError
        If it is none of these, or if the ARN is of another deployment.
    """
    state_machine = _executions_of(outputs.state_machine_arn)
    pipelines = {name: f"{found.arn}/execution/" for name, found in outputs.pipelines.items()}
    workflows = {name: _executions_of(flow.state_machine_arn) for name, flow in outputs.workflows.items()}
    if outputs.fan_out_state_machine_arn:
        workflows[Kind.FAN_OUT] = _executions_of(outputs.fan_out_state_machine_arn)
    if text.startswith("arn:"):
        prefixes = [*pipelines.values(), state_machine, *workflows.values()]
        if any(text.startswith(prefix) and len(text) > len(prefix) for prefix in filter(None, prefixes)):
            return text
        raise WrongUseError(
            f"{text} is no execution of this deployment.",
            f"Its executions begin with {' or '.join(filter(None, prefixes))}.",
            "`invoke executions` lists the recent ones.",
        )
    workflow, slash, name = text.rpartition("/")
    pipeline = pipelines.get(workflow or outputs.default_pipeline)
    if pipeline and _PIPELINE_EXECUTION_ID.fullmatch(name):
        return pipeline + name
    machines = {prefix.split(":")[-2]: prefix for prefix in workflows.values()}
    begins = (workflows | machines).get(workflow)
    if slash and begins and _STATE_MACHINE_EXECUTION_NAME.fullmatch(name):
        return begins + name
    if state_machine and _STATE_MACHINE_EXECUTION_NAME.fullmatch(text):
        return state_machine + text
    raise WrongUseError(
        f"{text!r} names no execution.",
        "It must be an ARN, the name of a state machine's execution, the 12 characters of a pipeline's, or "
        "a workflow or pipeline and a name with a slash between them.",
        "`invoke executions` lists the recent ones.",
    )


def file_name(execution: str) -> str:
    """Make a name for files of an execution's name, with nothing in it that a file system may not like."""
    return re.sub(r"[^\w.-]+", "-", execution).strip("-.") or "execution"


def is_of_state_machine(display_name: str) -> bool:
    """Tell whether a pipeline execution was started by the state machine around it.

    The start function names it after its run: 32 hexadecimal digits after a part of the execution's name.
    """
    return _RUN_ID.fullmatch(display_name) is not None


def is_of_fan_out(name: str, fan_outs: Container[str] = ()) -> bool:
    """Tell by its name whether an execution is that of an item of a fan-out.

    `fan_outs` are names of fan-outs that users have chosen.
    """
    item = _ITEM.fullmatch(name)
    return item is not None and (_RUN.fullmatch(item[1]) is not None or item[1] in fan_outs)


def _executions_of(state_machine_arn: str) -> str:
    """Return what the ARNs of a state machine's executions begin with; nothing if there is none."""
    if not state_machine_arn:
        return ""
    return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:"
