import pytest

from driver.model import exceptions
from driver.terraform.events import Diagnostic, Note, Phase, ResourceEvent
from driver.terraform.failures import failure, interruption


def test_each_error_is_told_with_its_resource() -> None:
    error = failure(
        "apply",
        1,
        [
            Diagnostic("warning", "deprecated"),
            Diagnostic("error", "creating SQS Queue", "AccessDenied:\n  not allowed", "aws_sqs_queue.this"),
            Diagnostic("error", "creating S3 Bucket"),
        ],
    )
    assert type(error) is exceptions.TerraformError
    assert error.what == "`terraform apply` failed."
    assert error.why.splitlines() == [
        "aws_sqs_queue.this: creating SQS Queue: AccessDenied: not allowed",
        "creating S3 Bucket",
    ]


@pytest.mark.parametrize(
    ("summary", "kind", "cure"),
    [
        ("Failed to query available provider packages", "EnvironmentNotReadyError", "PROVIDER_MIRROR"),
        ("Failed to install provider", "EnvironmentNotReadyError", "PROVIDER_MIRROR"),
        ("Unsupported Terraform Core version", "EnvironmentNotReadyError", "1.9"),
        ("Error acquiring the state lock", "BusyError", "Wait"),
    ],
)
def test_what_lies_outside_the_configuration_is_told_apart(summary: str, kind: str, cure: str) -> None:
    error = failure("init", 1, [Diagnostic("error", summary)])
    assert type(error).__name__ == kind
    assert cure in error.next_step


def test_a_variable_without_a_value_is_set_in_the_projects_settings() -> None:
    detail = (
        'The root module input variable "topic" is not set, and has no default value. '
        "Use a -var or -var-file command line argument to provide a value for this variable."
    )
    error = failure("plan", 1, [Diagnostic("error", "No value for required variable", detail)])
    assert error.why.endswith('variable "topic" is not set, and has no default value.')
    assert error.next_step == "Set it in the table [terraform] of sagestep.toml."


def test_without_a_diagnostic_the_last_words_are_kept() -> None:
    words = [Note(f"line {number}") for number in range(9)]
    assert failure("apply", 1, words).why.splitlines() == [f"line {number}" for number in range(4, 9)]
    assert "code 137" in failure("apply", 137, []).why


def test_an_endless_detail_is_cut() -> None:
    assert len(failure("apply", 1, [Diagnostic("error", "x", "y" * 5000)]).why) == 700


def test_an_interruption_names_what_may_exist_unknown_to_the_state() -> None:
    events = [
        ResourceEvent(Phase.STARTED, "a.done", "create"),
        ResourceEvent(Phase.FINISHED, "a.done", "create"),
        ResourceEvent(Phase.STARTED, "a.failed", "create"),
        ResourceEvent(Phase.FAILED, "a.failed", "create"),
        ResourceEvent(Phase.STARTED, "a.unheard", "create"),
        ResourceEvent(Phase.STARTED, "a.changing", "update"),
    ]
    error = interruption("apply", 2, events)
    assert error.cut_off == ("a.failed", "a.unheard")
    assert "killed" in error.why


def test_an_interruption_between_resources_cuts_nothing_off() -> None:
    error = interruption("apply", 1, [])
    assert error.cut_off == ()
    assert "again" in error.next_step


LOCKED = """Error message: operation error S3: PutObject, https response error StatusCode: 412
Lock Info:
  ID:        6f0b9f0e-2d0e
  Path:      states/sagestep/aws/terraform.tfstate
  Operation: OperationTypeApply
  Who:       anna@laptop
  Version:   1.11.4
  Created:   2026-11-26 08:00:00 +0000 UTC
  Info:


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time."""


def test_who_holds_the_lock_is_named() -> None:
    error = failure("apply", 1, [Diagnostic("error", "Error acquiring the state lock", LOCKED)])
    assert type(error) is exceptions.BusyError
    assert "anna@laptop holds the lock since 2026-11-26 08:00:00 +0000 UTC, for apply" in error.why
    assert "6f0b9f0e-2d0e" in error.why
    assert "`aws s3 rm s3://states/sagestep/aws/terraform.tfstate.tflock`" in error.next_step


def test_a_full_disk_is_told_once_and_apart() -> None:
    said = Diagnostic("error", "Failed to write state", "write terraform.tfstate: no space left on device.")
    error = failure("apply", 1, [said] * 80)
    assert type(error) is exceptions.NoRoomError
    assert error.why.count("no space left") == 1
