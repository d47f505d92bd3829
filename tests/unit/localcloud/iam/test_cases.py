"""Cases from the IAM user guide, in two lists; each names the page it is from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.iam.laboratory import answer

LISTS = sorted(Path(__file__).parent.glob("*.jsonl"))


def cases() -> Iterator[Any]:
    for path in LISTS:
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            yield pytest.param(case, id=case["name"])


@pytest.mark.parametrize("case", [*cases()])
def test_a_request_is_decided_as_the_guide_says(case: dict[str, Any]) -> None:
    found = answer(json.dumps(case["request"]).encode())
    assert found.get("decision") == case["decision"], found
    assert case.get("reason", "") in str(found["reason"])
    assert bool(found["statements"]) is not (
        case["decision"] == "implicitDeny" or "root user" in str(found["reason"])
    )


def test_the_lists_are_long_and_each_case_has_its_page_and_a_name_of_its_own() -> None:
    rows = [json.loads(line) for path in LISTS for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 190
    assert len({row["name"] for row in rows}) == len(rows)
    assert all(row["page"] for row in rows)
