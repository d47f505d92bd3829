"""The statuses of AWS as this driver reads them: which are the end, and which of those are good.

Source: the enumerations PipelineExecutionStatus and StepStatus of botocore's SageMaker model, and
ExecutionStatus of its Step Functions model.
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Status of a pipeline execution or of one of its steps, in AWS's words."""

    STARTING = "Starting"
    EXECUTING = "Executing"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"
    COMPLETED_WITH_FAILURES = "CompletedWithFailures"  # an execution whose failed steps were let pass
    UNKNOWN = "Unknown"  # a word AWS did not know when this was written: nothing may hang or break on it

    @classmethod
    def parse(cls, word: str) -> Status:
        """Read AWS's word; an unheard-of one is UNKNOWN, which is not terminal."""
        return cls(word) if word in set(cls) else cls.UNKNOWN

    @property
    def is_terminal(self) -> bool:
        """Whether it stays so for ever."""
        return self in {Status.STOPPED, Status.SUCCEEDED} or self.is_failure

    @property
    def is_failure(self) -> bool:
        """Whether it ended otherwise than it should, and nobody stopped it."""
        return self in {Status.FAILED, Status.COMPLETED_WITH_FAILURES}


class StateMachineStatus(StrEnum):
    """Status of a state machine's execution, in AWS's words."""

    RUNNING = "RUNNING"
    PENDING_REDRIVE = "PENDING_REDRIVE"  # it is going to be taken up again
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    ABORTED = "ABORTED"  # somebody stopped it
    UNKNOWN = "UNKNOWN"  # as above

    @classmethod
    def parse(cls, word: str) -> StateMachineStatus:
        """Read AWS's word; an unheard-of one is UNKNOWN, which is not terminal."""
        return cls(word) if word in set(cls) else cls.UNKNOWN

    @property
    def is_terminal(self) -> bool:
        """Whether it stays so, unless somebody redrives the execution."""
        return self in {StateMachineStatus.SUCCEEDED, StateMachineStatus.ABORTED} or self.is_failure

    @property
    def is_failure(self) -> bool:
        """Whether it ended otherwise than it should, and nobody stopped it."""
        return self in {StateMachineStatus.FAILED, StateMachineStatus.TIMED_OUT}
