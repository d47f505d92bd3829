"""Checks of one workflow: its definition and the schema of its input."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver.manifests.complaints import complaints, suggestion
from driver.model.choices import InputAccess
from driver.projects.cloud_check import Refusal
from driver.projects.findings import Findings, line_of_place
from driver.projects.templates import Filled, Values, fill

DEFINITION, SCHEMA, MANIFEST = "workflow.asl.json", "input.schema.json", "workflow.yaml"
_MACHINE = re.compile(r"\$\{\s*state_machine_arn_prefix\s*\}-([\w-]+)")


@dataclass(frozen=True, slots=True)
class WorkflowCheck:
    """What is known of a workflow before the local cloud has answered.

    - `definition`: the filled definition, None if there is none that can be asked about.
    - `document`: the same with the states that every workflow gets.
    """

    folder: Path
    definition: Filled | None = None
    document: str = ""


def check_workflow(
    folder: Path, values: Values, failure_states: str, workflows: Iterable[str], findings: Findings
) -> WorkflowCheck:
    """Check all of a workflow that does not need the local cloud's code.

    - `failure_states`: the template of the states that every workflow gets.
    - `workflows`: the names of all workflows, which the definition may start.
    """
    findings.manifest(folder / MANIFEST, "workflow", values)
    defaults = _check_schema(folder / SCHEMA, values, findings)
    path = folder / DEFINITION
    template = findings.text(path)
    if template is None:
        return WorkflowCheck(folder)
    for match in _MACHINE.finditer(template):
        known = {*(name.replace("_", "-") for name in workflows), "run-pipeline"}
        if match[1] not in known:
            line = template.count("\n", 0, match.start()) + 1
            findings.wrong(
                path, line, f"there is no workflow {match[1]}; {suggestion(match[1], sorted(known))}"
            )
    filled = fill(template, {**values, "defaults": json.dumps(defaults)})
    for line, text in filled.wrong:
        findings.wrong(path, line, text)
    if filled.beyond:
        findings.warn(
            path, filled.beyond, "only Terraform can fill this: the definition is checked at `invoke up`"
        )
    if filled.wrong or filled.beyond:
        return WorkflowCheck(folder)
    document = _with_states(filled.text, fill(failure_states, values).text)
    return WorkflowCheck(folder, filled, document)


def tell_refusals(check: WorkflowCheck, refusals: list[Refusal], findings: Findings) -> None:
    """Note why the local cloud refuses the definition or warns of it, at the line of the state."""
    for refusal in refusals:
        place = [part for part in refusal.location.split("/") if part]
        state = next((place[at + 1] for at in range(len(place) - 1) if place[at] == "States"), "")
        line = line_of_place(check.definition.text, place) if check.definition else 1
        text = f"state {state}: {refusal.message}" if state else refusal.message
        findings.answered(check.folder / DEFINITION, line, text, refusal)


def _with_states(text: str, failure_states: str) -> str:
    """Add the states that every workflow gets, as Terraform does; what is no definition stays as it is."""
    try:
        document = json.loads(text)
        document["States"] = {**document["States"], **json.loads(failure_states)}
    except (ValueError, TypeError, KeyError):
        return text
    return json.dumps(document)


def _check_schema(path: Path, values: Values, findings: Findings) -> dict[str, Any]:
    """Check the schema of the input; returns the defaults in it."""
    template = findings.text(path)
    if template is None:
        return {}
    filled = fill(template, {**values, "execution_name": "execution"})
    for line, text in filled.wrong:
        findings.wrong(path, line, text)
    try:
        schema = json.loads(filled.text)
    except json.JSONDecodeError as error:
        findings.wrong(path, error.lineno, f"it is no JSON: {error.msg}, at column {error.colno}")
        return {}
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        findings.wrong(
            path, 1, "it has no properties: an object with a schema for each input, which may be empty"
        )
        return {}
    wrong = _wrong_schema(schema)
    if wrong:
        findings.wrong(path, line_of_place(filled.text, wrong[0]), f"it is no JSON Schema: {wrong[1]}")
        return {}
    for name, one in properties.items():
        if not isinstance(one, dict):
            line = line_of_place(filled.text, ["properties", name])
            findings.wrong(path, line, f"the schema of {name} must be an object")
            return {}
        if one.get("access", InputAccess.READ) not in list(InputAccess):
            line = line_of_place(filled.text, ["properties", name, "access"])
            findings.wrong(path, line, f"the access of {name} must be {', '.join(InputAccess)}")
    defaults = {name: one["default"] for name, one in properties.items() if "default" in one}
    for name, default in defaults.items():
        for complaint in complaints(properties[name], default):
            line = line_of_place(filled.text, ["properties", name, "default"])
            findings.wrong(path, line, f"the default of {name} does not fit: {complaint.text}")
    return defaults


def _wrong_schema(schema: Mapping[str, Any]) -> tuple[list[str], str] | None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - it takes a while
    from jsonschema.exceptions import SchemaError  # noqa: PLC0415

    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        return [str(part) for part in error.absolute_path], error.message
    return None
