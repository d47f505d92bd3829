import pytest

from driver.commands.doctor.checkup import Verdict
from driver.commands.doctor.threads import check_threads

ENDPOINT = "http://127.0.0.1:4566"


def row(name: str, state: str = "running", detail: str = "") -> dict[str, str]:
    return {"name": name, "state": state, "detail": detail}


@pytest.mark.parametrize(
    ("rows", "verdict", "words"),
    [
        ([row("watch"), row("a")], Verdict.PASS, "2 background threads"),
        ([row("watch"), row("a", "repaired", "has ended by KeyError")], Verdict.WARN, "a: has ended by Key"),
        ([row("a", "repaired"), row("b", "overdue", "no sign of life")], Verdict.FAIL, "b: no sign of life"),
        ([row("b", "ended")], Verdict.FAIL, "b: ended"),
        ([row(f"t{number}", "ended") for number in range(9)], Verdict.FAIL, "and 4 more"),
        ([], Verdict.WARN, "tells nothing"),
        (None, Verdict.WARN, "tells nothing"),
    ],
)
def test_what_the_local_cloud_tells_of_its_threads(
    rows: list[dict[str, str]] | None, verdict: Verdict, words: str
) -> None:
    finding = check_threads(ENDPOINT, lambda _: {"threads": rows})
    assert finding.verdict is verdict
    assert words in finding.found
    assert bool(finding.cure) is (verdict is not Verdict.PASS)


def test_where_no_cloud_answers_there_is_nothing_to_look_at() -> None:
    for endpoint in (None, ENDPOINT):
        assert check_threads(endpoint, lambda _: None).verdict is Verdict.PASS
