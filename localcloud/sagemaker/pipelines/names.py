"""Names of what a step creates.

``pipelines-<execution id>-<step>-<random>``: of the step's name 20 characters, then 10 of ``[a-zA-Z0-9]``,
as in the answers of ListPipelineExecutionSteps that users show: a step ``Rossmann-Model-Training`` has run
``pipelines-8pk6dxn4cfvl-Rossmann-Model-Train-bPVYsMzUlc``. A name in the definition is a prefix (SageMaker
Python SDK, ``PipelineDefinitionConfig(use_custom_job_prefix=True)``); what follows it AWS does not document.
A tuning job may have 32 characters alone: its name is ``<execution id>-<7 of the step's name>-<random>``.
"""

import re
import secrets
import string

_OF_STEP, _OF_SHORT = 20, 7
_RANDOM = 10
LONGEST = 63  # TrainingJobName and its like in the service model
SHORT = 32  # HyperParameterTuningJobName
_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")  # A step's name may have underscores, what it creates may not.


def new_name(prefix: str | None, execution_id: str, step: str, longest: int = LONGEST) -> str:
    """Make a name that nothing has had before.

    `prefix`: the name that the definition gives; None where it gives none.
    """
    random = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(_RANDOM))
    if prefix is None and longest == SHORT:
        return f"{execution_id}-{_plain(step[:_OF_SHORT])}-{random}"
    if prefix is None:
        return f"pipelines-{execution_id}-{_plain(step[:_OF_STEP])}-{random}"
    end = f"-{execution_id}-{random}"
    return f"{_plain(prefix[: longest - len(end)])}{end}"


def _plain(name: str) -> str:
    return _SEPARATORS.sub("-", name).strip("-")
