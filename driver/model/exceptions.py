"""The driver's one error tree: each error says what happened, why, and what to do next.

::

    SagestepError
    ├── WorkFailedError                 exit 1: the work was done and failed
    │   ├── TerraformError              Terraform reported an error
    │   ├── ExecutionFailedError        an execution ended otherwise than well
    │   ├── DeadlineExceededError       something still runs, the time given to it is over
    │   └── DeclinedError               the user answered no, so nothing was done
    ├── WrongUseError                   exit 2: asked in a way that cannot be done
    │   ├── CoordinatesError            the input cannot be used
    │   ├── WorkflowInputError          a workflow cannot be started with this
    │   ├── ManifestError               a manifest has mistakes
    │   └── ConfirmationRequiredError   a question that nobody is there to answer
    ├── EnvironmentNotReadyError        exit 3: something outside is missing
    │   ├── NoAnswerError               the target cannot be reached, or is silent
    │   ├── LocalCloudError             the local cloud does not start, answer or end
    │   │   └── UnusableCloudError      it lives, but nothing can be asked of it: its keys are missing
    │   │       └── CloudBusyError      it does not answer
    │   ├── CredentialsError            AWS does not know who is asking
    │   ├── NotDeployedError            there is nothing to work with yet
    │   ├── BusyError                   another command is changing the same target
    │   ├── BrokenFileError             a file that the driver or Terraform keeps cannot be read
    │   └── NoRoomError                 the disk has too little room
    └── InterruptedByUserError          exit 130: Ctrl-C (143: SIGTERM)
"""

from __future__ import annotations


class SagestepError(Exception):
    """Anything the driver reports without a traceback.

    Parameters
    ----------
    what
        One sentence: what happened.
    why
        One sentence: the cause, as far as it is known.
    next_step
        One sentence: what the user can do about it.
    """

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(" ".join(part for part in (what, why, next_step) if part))
        self.what = what
        self.why = why
        self.next_step = next_step


class WorkFailedError(SagestepError):
    """The work was attempted and failed."""


class TerraformError(WorkFailedError):
    """Terraform ended with an error."""


class ExecutionFailedError(WorkFailedError):
    """An execution of the state machine or the pipeline ended otherwise than it should."""


class DeadlineExceededError(WorkFailedError):
    """The deadline passed before the end was reached."""


class WrongUseError(SagestepError):
    """The command cannot be carried out as it was given."""


class CoordinatesError(WrongUseError):
    """The input cannot be read, or is not what the pipeline takes."""


class WorkflowInputError(WrongUseError):
    """A workflow's inputs do not fit its schema."""


class ManifestError(WrongUseError):
    """A manifest cannot be read, or does not fit its schema."""


class ConfirmationRequiredError(WrongUseError):
    """A confirmation is needed and there is no terminal to ask on."""


class DeclinedError(WorkFailedError):
    """The user declined the confirmation."""


class EnvironmentNotReadyError(SagestepError):
    """Something the command relies on is missing or not as it must be."""


class NoAnswerError(EnvironmentNotReadyError):
    """The target cannot be reached, or does not answer in time."""


class LocalCloudError(EnvironmentNotReadyError):
    """The local cloud cannot be started, reached or stopped."""


class UnusableCloudError(LocalCloudError):
    """The local cloud lives, but nothing can be asked of it; it can be ended."""


class CloudBusyError(UnusableCloudError):
    """The local cloud's process lives but does not answer: it is busy, or stopped."""


class CredentialsError(EnvironmentNotReadyError):
    """AWS credentials are missing, expired or of another account."""


class NotDeployedError(EnvironmentNotReadyError):
    """The command needs a deployment and there is none."""


class BusyError(EnvironmentNotReadyError):
    """Another command holds the target's lock."""


class BrokenFileError(EnvironmentNotReadyError):
    """A file that the driver or Terraform keeps is there and cannot be read."""


class NoRoomError(EnvironmentNotReadyError):
    """The disk has less room than the command needs, or is full."""


class InterruptedByUserError(SagestepError):
    """The user pressed Ctrl-C.

    `cut_off` names the resources whose creation was under way: they may exist without being in the state.
    """

    def __init__(self, what: str, why: str = "", next_step: str = "", cut_off: tuple[str, ...] = ()) -> None:
        super().__init__(what, why, next_step)
        self.cut_off = cut_off
