import pytest

from driver.host.wording import counted
from driver.inspection.page.limits import Allowance
from driver.inspection.page.wording import clock_time, console_address, cut, duration, pretty
from tests.unit.driver.inspection.page.samples import NOON


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0, "0 s"),
        (0.0004, "0 s"),
        (0.012, "12 ms"),
        (0.9999, "1.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.96, "1 min"),
        (61, "1 min 1 s"),
        (3599.6, "1 h"),
        (3660, "1 h 1 min"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_small_words() -> None:
    assert clock_time(NOON) == "2026-11-21 12:00:00 UTC"
    assert clock_time(None) == "not known"
    assert (counted(1, "row"), counted(2000, "row")) == ("1 row", "2,000 rows")
    assert cut("abc  def", 5) == "abc …"
    assert cut("abc", 3) == "abc"


def test_json_is_laid_out_and_other_text_left() -> None:
    assert pretty('{"a":["é"]}') == '{\n  "a": [\n    "é"\n  ]\n}'
    assert pretty("{cut") == "{cut"


ACCOUNT = "us-west-2:123456789012"


@pytest.mark.parametrize(
    ("arn", "end"),
    [
        (f"arn:aws:sagemaker:{ACCOUNT}:endpoint/e", "/sagemaker/home?region=us-west-2#/endpoints/e"),
        (
            f"arn:aws:states:{ACCOUNT}:execution:m:r",
            f"/states/home?region=us-west-2#/v2/executions/details/arn:aws:states:{ACCOUNT}:execution:m:r",
        ),
        (f"arn:aws:sagemaker:{ACCOUNT}:pipeline/p/execution/abc", ""),
        ("arn:aws:sagemaker:us-west-2:000000000000:endpoint/e", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_the_console_s_address_is_known_for_what_has_one(arn: str, end: str) -> None:
    address = console_address(arn)
    assert address.removeprefix("https://us-west-2.console.aws.amazon.com") == end


def test_an_allowance_is_used_up() -> None:
    allowance = Allowance(5, 8)
    assert allowance.take("abcdefg") == ("abcde", 2)
    assert allowance.take_end("1\n23\n") == ("23\n", 2)
    assert allowance.take("x") == ("", 1)
