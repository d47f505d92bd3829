import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from driver.executions.names import Kind
from driver.executions.trace import Outcome, Trace
from driver.inspection.page.limits import MOST_BYTES, Limits
from driver.inspection.page.page import page
from driver.inspection.page.report import Drawing, Log
from driver.inspection.permissions.decisions import Period
from driver.inspection.permissions.of_run import permissions_of_run
from driver.model.status import StateMachineStatus, Status
from tests.unit.driver.inspection.page.samples import (
    NASTY,
    at,
    long_run,
    nasty,
    pipeline,
    record,
    report,
    result_file,
    run_pipeline,
    span,
    trace,
    train_many,
)


class Document(HTMLParser):
    """A page, taken apart: its elements with their attributes, and the texts of some."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "h2": []}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in self.texts:
            self.texts[self._open][-1] += data

    def attributes(self, name: str) -> list[str]:
        return [values[name] for _, values in self.elements if name in values]


@pytest.fixture
def geocoded(tmp_path: Path) -> Path:
    rows = [("13.4", "52.5", "Berlin", "Valid Data"), ("200", "52.5", "", "Invalid Data: out of range")]
    return result_file(tmp_path, rows)


def test_a_run_that_went_well_has_its_sections_and_no_box() -> None:
    text = page(report(run_pipeline()))
    document = Document(text)
    ids = document.attributes("id")
    assert {"graph", "timeline", "steps", "data"} <= set(ids)
    assert not {"why", "caught", "logs", "result"} & set(ids)
    assert len(ids) == len(set(ids))
    assert "sagestep-geospatial / abcdefghijkl" in text
    assert ("html", {"lang": "en"}) in document.elements


def test_every_link_within_the_page_leads_somewhere(geocoded: Path) -> None:
    document = Document(page(report(train_many(), result_file=geocoded, logs=[Log("job", "line")])))
    targets = {link[1:] for link in document.attributes("href") if link.startswith("#")}
    assert {"graph", "timeline", "result", "steps", "logs", "data"} <= targets
    assert targets <= set(document.attributes("id"))


def test_a_failure_tells_its_cause_first_and_what_to_do() -> None:
    text = page(report(train_many(), logs=[Log("train-run-1-1", "ValueError")]))
    box = text[text.index('class="box failed"') : text.index('id="graph"')]
    assert "<span>Train each[1]</span><span>Train</span>" in box
    assert "max-depth: &#39;two&#39; is no number" in box
    assert "TooManyModelsFailed" in box
    assert "invoke logs --execution train_many/run-1 --errors" in box
    assert "invoke run --workflow train_many" in box
    assert "ValueError" in text[text.index('id="logs"') :]


def test_what_a_user_has_to_type_names_the_target() -> None:
    text = page(replace(report(train_many()), target_flag=" --target aws"))
    assert "--errors --target aws" in text


@pytest.mark.parametrize(
    ("made", "again"),
    [(run_pipeline(), "invoke run-pipeline<"), (pipeline(), "invoke run-pipeline --direct<")],
)
def test_each_kind_is_started_again_in_its_own_way(made: Trace, again: str) -> None:
    status = Status.FAILED if made.kind is Kind.PIPELINE else StateMachineStatus.FAILED
    assert again in page(report(replace(made, status=status, cause="no")))


def test_a_run_that_goes_on_says_so() -> None:
    running = trace(span("Train", 0, None, Outcome.RUNNING), outcome=Outcome.RUNNING, ended=None)
    text = page(report(running))
    assert "It still runs" in text
    assert "invoke attach --execution train_many/run-1" in text
    assert "<dt>Running for</dt><dd>10 min</dd>" in text


def test_a_stopped_run_says_why_where_that_is_known() -> None:
    stopped = trace(span("Train", 0, 1, Outcome.STOPPED), outcome=Outcome.STOPPED)
    assert "It was stopped</h2>\n  <p>AWS gives no reason.</p>" in page(report(stopped))
    assert "Enough: seen it" in page(report(replace(stopped, error="Enough", cause="seen it")))


def test_what_was_caught_on_the_way_is_pointed_out() -> None:
    text = page(report(trace(span("Train", 0, 1, Outcome.CAUGHT, reason="no"), span("Then", 1, 2))))
    assert "One state failed on the way" in text


def test_an_execution_that_never_began_has_a_page_too() -> None:
    waiting = replace(trace(outcome=Outcome.RUNNING, ended=None), started=None, input="", output="")
    document = Document(page(report(waiting)))
    assert not {"timeline", "steps", "graph", "data"} & set(document.attributes("id"))


def test_nothing_that_comes_from_an_execution_is_markup(tmp_path: Path) -> None:
    file = result_file(tmp_path, [("1", "2", NASTY.replace('"', "'"), "Valid Data")])
    attacked = replace(
        report(nasty(), result_file=file, logs=[Log(NASTY, NASTY)]), target=NASTY, logs_note=NASTY
    )
    denied = permissions_of_run(record(NASTY), Period(at(0), at(600)))
    honest = Document(page(report(train_many())))
    document = Document(page(replace(attacked, permissions=denied, short_name=NASTY, target_flag=NASTY)))
    assert document.texts["script"] == honest.texts["script"]
    assert len(document.texts["style"]) == 2
    assert "img" not in {tag for tag, _ in document.elements}
    assert not [name for _, values in document.elements for name in values if name.startswith("on")]
    assert not [link for link in document.attributes("href") if not re.match(r"#|data:,|https://", link)]


def test_the_policy_allows_exactly_what_is_inside(geocoded: Path) -> None:
    document = Document(page(report(run_pipeline(), result_file=geocoded)))
    policy = next(values["content"] for _, values in document.elements if "http-equiv" in values)
    assert policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        allowed = re.search(rf"{kind}-src ([^;]*);", policy)
        hashes = [hashlib.sha256(text.encode()).digest() for text in document.texts[kind]]
        assert allowed is not None
        assert set(allowed[1].split()) == {f"'sha256-{base64.b64encode(h).decode()}'" for h in hashes}
    # Neither would the policy let it through.
    assert not document.attributes("style")
    assert not document.attributes("src")


def test_resources_on_aws_link_to_the_console_and_local_ones_do_not() -> None:
    arn = "arn:aws:sagemaker:us-west-2:123456789012:training-job/train-1"
    text = page(report(trace(span("Train", 0, 1, resource_arn=arn))))
    assert (
        'href="https://us-west-2.console.aws.amazon.com/sagemaker/home?region=us-west-2#/jobs/train-1"'
        in text
    )
    assert "console.aws" not in page(report(train_many()))


def test_a_result_is_counted_and_its_file_named(geocoded: Path) -> None:
    text = page(report(run_pipeline(), result_file=geocoded))
    assert "2 rows" in text
    assert "1 invalid" in text
    assert str(geocoded) in text
    assert text.count(' r="5"') == 1 + 2  # one point, two keys of the legend
    assert "1 row without coordinates" in text
    assert "All 2 rows" in text


def test_a_long_result_says_how_much_of_it_is_shown(tmp_path: Path) -> None:
    file = result_file(tmp_path, [(str(n / 100), "50", f"Town {n}", "Valid Data") for n in range(5000)])
    text = page(report(run_pipeline(), result_file=file))
    assert "The first 200 rows of 5,000" in text
    assert re.search(r"1,\d{3} of 5,000 points are drawn", text)


def test_long_texts_are_cut_and_say_so() -> None:
    text = page(report(long_run(40, text="x" * 30_000)), Limits(text=1000, texts=10_000))
    assert "The last 29,000 characters are left out" in text
    assert "The last 30,000 characters are left out" in text
    log = page(report(train_many(), logs=[Log("job", "first\n" + "x\n" * 5000 + "last")]), Limits(text=1000))
    logs = log[log.index('id="logs"') : log.index('id="data"')]
    assert "first" not in logs.partition("<pre")[2].partition("</pre>")[0]
    assert "last</pre>" in logs
    assert "The first" in logs


def test_a_graph_that_is_too_large_is_named_instead() -> None:
    large = replace(
        report(train_many()), drawings=(Drawing("sagestep-train-many", f"<svg>{'x' * 600_000}</svg>"),)
    )
    text = page(large)
    assert "too large for the page" in text
    assert "invoke graph --execution train_many/run-1" in text


@pytest.mark.parametrize(("states", "text", "reason"), [(3000, "{}", ""), (1500, "<" * 30_000, "&" * 30_000)])
def test_no_page_is_larger_than_it_may_be(states: int, text: str, reason: str) -> None:
    made = page(report(long_run(states, text=text, reason=reason)))
    assert 200_000 < len(made.encode()) <= MOST_BYTES
    assert re.search(rf"</span> of {states:,} states and steps", made)


def test_the_time_of_a_run_that_goes_on_is_that_of_the_page() -> None:
    running = trace(span("Train", 0, None, Outcome.RUNNING), outcome=Outcome.RUNNING, ended=None)
    assert "<dd>1 min</dd>" in page(replace(report(running), made=at(60)))


def test_a_denial_is_shown_with_the_statement_that_allows_it_and_what_roles_used() -> None:
    run = train_many()
    permissions = permissions_of_run(record(), Period(at(0), at(600)))
    text = page(replace(report(run), permissions=permissions))
    document = Document(text)
    assert {"#permissions"} == {link for link in document.attributes("href") if "permissions" in link}
    assert "Permissions" in document.texts["h2"]
    assert "no identity-based policy allows the sqs:SendMessage action" in text
    assert "SendMessage = { actions = [&#34;sqs:SendMessage&#34;]" in text
    assert "<code>s3:GetObject</code> (12 times)" in text
    assert "<dt>app-jobs</dt>" in text
    assert "s3:DeleteBucket" not in text
    assert "<dt>root" not in text


def test_permissions_are_shown_only_where_something_was_recorded() -> None:
    assert permissions_of_run(record(), Period(at(100), at(200))) is None
    assert permissions_of_run({"decisions": []}, Period(at(0), None)) is None
    assert 'id="permissions"' not in page(report(run_pipeline()))


def test_a_run_without_a_denial_says_so() -> None:
    allowed = [row for row in record()["decisions"] if row["decision"] == "allowed"]  # type: ignore[attr-defined]
    permissions = permissions_of_run({"decisions": allowed}, Period(at(0), at(600)))
    text = page(replace(report(run_pipeline()), permissions=permissions))
    assert "IAM denied nothing while this execution ran." in text
    assert "What each role used" in text


def test_many_denials_are_counted() -> None:
    rows = [row | {"resource": f"arn:aws:s3:::b/{n}"} for n in range(40) for row in record()["decisions"]]  # type: ignore[attr-defined]
    permissions = permissions_of_run({"decisions": rows}, Period(at(0), at(600)))
    text = page(replace(report(run_pipeline()), permissions=permissions))
    assert "IAM denied 120 requests" in text
    assert "10 more: <code>invoke permissions --execution train_many/" in text
