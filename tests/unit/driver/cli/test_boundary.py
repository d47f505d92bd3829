import botocore.exceptions
import pytest
from invoke.exceptions import Exit

from driver.aws.explain import explain
from driver.cli.exit_codes import exit_code, exit_codes
from driver.model import exceptions
from tests.unit.driver.fakes import Screen


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.TerraformError("x"), 1),
        (exceptions.ExecutionFailedError("x"), 1),
        (exceptions.DeadlineExceededError("x"), 1),
        (exceptions.DeclinedError("x"), 1),
        (exceptions.CoordinatesError("x"), 2),
        (exceptions.ConfirmationRequiredError("x"), 2),
        (exceptions.LocalCloudError("x"), 3),
        (exceptions.CredentialsError("x"), 3),
        (exceptions.NotDeployedError("x"), 3),
        (exceptions.BusyError("x"), 3),
        (exceptions.InterruptedByUserError("x"), 130),
    ],
)
def test_every_error_has_its_exit_code(error: exceptions.SagestepError, code: int) -> None:
    assert exit_code(error) == code


def end(raised: BaseException, screen: Screen, *, debug: bool = False) -> int:
    with pytest.raises(Exit) as caught, exit_codes(screen.console, debug=debug):
        raise raised
    return caught.value.code


def test_an_error_is_told_as_what_why_and_next() -> None:
    screen = Screen()
    assert end(exceptions.LocalCloudError("What.", "Why.\nAnd why.", "Next."), screen) == 3
    assert screen.errors == "✗ What.\n  Why.\n  And why.\n  Next.\n"
    assert screen.text == ""


def test_ctrl_c_is_130() -> None:
    assert end(KeyboardInterrupt(), Screen()) == 130


def test_credentials_that_ran_out_are_the_environments_fault() -> None:
    answer = {"Error": {"Code": "ExpiredToken", "Message": "The security token is expired"}}
    screen = Screen()
    raised = botocore.exceptions.ClientError(answer, "GetCallerIdentity")  # type: ignore[arg-type]
    assert end(raised, screen) == 3
    assert "aws sso login" in screen.errors


def test_a_defect_asks_for_a_report_and_shows_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    assert end(ZeroDivisionError("division by zero"), screen) == 1
    assert "ZeroDivisionError" in screen.errors
    assert "--debug" in screen.errors
    assert "Traceback" not in screen.errors + capsys.readouterr().err


def test_debug_shows_the_traceback() -> None:
    screen = Screen()
    end(exceptions.NotDeployedError("x\x1b[2J"), screen, debug=True)
    assert "Traceback" in screen.errors
    assert "\x1b" not in screen.errors


def test_a_file_that_cannot_be_used_is_named() -> None:
    error = explain(PermissionError(13, "Permission denied", "/somewhere/state"))
    assert isinstance(error, exceptions.EnvironmentNotReadyError)
    assert "/somewhere/state" in error.what


def test_what_goes_through_ends_in_nothing() -> None:
    with exit_codes(Screen().console, debug=False):
        pass
