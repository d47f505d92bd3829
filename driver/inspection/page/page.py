"""The page: from a report to one HTML document. Pure, but for reading the templates beside it.

Nothing is loaded from anywhere: style, script and pictures are inside, and a Content-Security-Policy allows
only these, by their hashes. Everything that comes from an execution is escaped by the templates.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from driver.executions.names import Kind
from driver.executions.outcomes import value_lines
from driver.executions.trace import Outcome
from driver.executions.workflow.output import Table
from driver.executions.workflow.showing import shown
from driver.host.wording import counted
from driver.inspection.page import palette, wording
from driver.inspection.page.failure import caught_spans, failure_of
from driver.inspection.page.limits import MOST_BYTES, Allowance, Limits
from driver.inspection.page.map.world_map import world_map
from driver.inspection.page.metrics import metric_rows
from driver.inspection.page.report import Drawing, Report
from driver.inspection.page.steps import steps_of
from driver.inspection.page.timeline import timeline
from driver.inspection.page.trials import plot_of
from driver.inspection.page.wording import cut

_TEMPLATES = Path(__file__).with_name("templates")
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A text on the page, and how many characters of it were left out."""

    title: str
    body: str
    left_out: int


@dataclass(frozen=True, slots=True)
class Texts:
    """Input and output of an execution, a state or a step."""

    title: str
    kind: str
    texts: tuple[Text, ...]


def page(report: Report, limits: Limits | None = None) -> str:
    """Write a report as one HTML document of at most two million bytes.

    Where the limits make too large a page, half of them is tried, and so on. The page says what is left out.
    """
    limits = limits or Limits()
    written = _written(report, limits)
    while len(written.encode()) > MOST_BYTES and limits.spans > 1:
        limits = limits.smaller()
        written = _written(report, limits)
    return written


def _written(report: Report, limits: Limits) -> str:
    environment = _environment()
    style = f"{palette.style()}\n{_read('page.css')}"
    script = _read("page.js")
    drawings = tuple(_drawings(report, limits.graph))
    styles = [style, *(found for drawing in drawings for found in _STYLE.findall(drawing.svg))]
    trace = report.trace
    metrics, output, plot = metric_rows(report.jobs), _output(report, limits), plot_of(trace.output)
    files = report.output.files if report.output else ()
    return environment.get_template(
        "page.html.j2"
    ).render(
        report=report,
        trace=trace,
        outcome_word=wording.OUTCOMES[trace.outcome],
        outcome_words=wording.OUTCOMES,
        is_running=trace.outcome is Outcome.RUNNING,
        style=Markup(style),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        policy=_policy(styles, [script]),
        drawings=drawings,
        failure=failure_of(trace),
        stop_reason=trace.reason,
        again=_again(report),
        caught=caught_spans(trace),
        timeline=timeline(trace, report.made, limits.spans),
        steps=steps_of(trace, report.made, limits),
        texts=_texts(report, limits),
        logs=_logs(report, limits),
        permissions=report.permissions,
        metrics=metrics,
        output=output,
        plot=plot,
        files=files,
        has_result=bool(report.result or metrics or output or files or plot),
        map=world_map(report.result.places) if report.result else None,
        rows=report.result.rows[: limits.rows] if report.result else (),
    )


@cache
def _read(name: str) -> str:
    return _TEMPLATES.joinpath(name).read_text(encoding="utf-8")


def _again(report: Report) -> str:
    """Return the command that starts another execution of the same kind."""
    match report.trace.kind:
        case Kind.WORKFLOW:
            return f"invoke run --workflow {report.short_name.partition('/')[0]}"
        case Kind.PIPELINE:
            return "invoke run-pipeline --direct"
        case Kind.STATE_MACHINE:
            return "invoke run-pipeline"
        case Kind.FAN_OUT:
            return f"invoke redrive --execution {report.short_name}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock_time=wording.clock_time,
        number=wording.number,
        counted=counted,
        cut=wording.cut,
        json=json.dumps,
        picture=lambda drawing: Markup(drawing.svg),  # noqa: S704 - see Drawing
    )
    return environment


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an output: a line for each value, and tables of at most so many rows."""

    lines: str
    tables: tuple[Table, ...]


def _output(report: Report, limits: Limits) -> Shown | None:
    """Choose what the page shows of an output first; a job's is its metrics, a geocoding run's its rows."""
    output = report.output
    if output is None or output.job or report.result or output.value in (None, {}, []):
        return None
    tables = tuple(
        Table(
            table.name,
            table.columns,
            tuple(
                tuple(cut(shown(cell), limits.reason) for cell in row) for row in table.rows[: limits.rows]
            ),
        )
        for table in output.tables
    )
    if not tables and not isinstance(output.value, dict):
        return Shown(cut(shown(output.value), limits.text), ())
    return Shown(cut("\n".join(value_lines(output.others)), limits.text), tables)


def _drawings(report: Report, most: int) -> list[Drawing]:
    """Choose the pictures that there is room for; the others are empty."""
    allowance, drawings = Allowance(most, most), []
    for drawing in report.drawings:
        _, left_out = allowance.take(drawing.svg)
        drawings.append(Drawing(drawing.title, "") if left_out else drawing)
    return drawings


def _texts(report: Report, limits: Limits) -> list[Texts]:
    """Lay out inputs and outputs of the execution, of its states, and of the executions they started."""
    allowance, groups = Allowance(limits.text, limits.texts), []
    for part in report.trace.walk():
        title = "The execution" if part is report.trace else f"{part.subject} / {part.name}"
        groups.append(_pair(title, part.kind, (part.input, part.output), allowance))
        within = "" if part is report.trace else f"{part.subject} / "
        groups += [
            _pair(f"{within}{span.place}", span.kind, (span.input, span.output), allowance)
            for span in part.spans
        ]
    return [group for group in groups if group.texts]


def _pair(title: str, kind: str, texts: tuple[str, str], allowance: Allowance) -> Texts:
    named = zip(("Input", "Output"), texts, strict=True)
    return Texts(
        title, kind, tuple(Text(name, *allowance.take(wording.pretty(text))) for name, text in named if text)
    )


def _logs(report: Report, limits: Limits) -> list[Text]:
    allowance = Allowance(limits.text * 2, limits.texts)
    return [Text(log.source, *allowance.take_end(log.text)) for log in report.logs]


def _policy(styles: list[str], scripts: list[str]) -> str:
    """Write the Content-Security-Policy: nothing but these styles and scripts, and pictures from within."""
    allowed = {
        "default-src": ["'none'"],
        "style-src": [_hash(style) for style in styles],
        "script-src": [_hash(script) for script in scripts],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(dict.fromkeys(values))}" for name, values in allowed.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
