"""Checks of one pipeline: its definition, its manifest and its code against each other."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driver.manifests.complaints import suggestion
from driver.manifests.manifest import Manifest
from driver.manifests.parameters import declared
from driver.manifests.requirements import REQUIREMENTS, requirement_mistakes
from driver.model.exceptions import CoordinatesError, EnvironmentNotReadyError
from driver.projects.cloud_check import Refusal
from driver.projects.findings import Findings, line_of_name
from driver.projects.sources import check_python
from driver.projects.templates import Filled, Values, fill
from driver.tables.reading import Reading
from driver.tables.recognition import recognise

_STEP = re.compile(r"Step '([^']+)'")
_CODE = re.compile(r"\$\{\s*code_uri\s*\}([\w./-]+)")
DEFINITION, PROGRAM, MANIFEST = "pipeline.json", "pipeline.py", "pipeline.yaml"


@dataclass(frozen=True, slots=True)
class PipelineCheck:
    """What is known of a pipeline before the local cloud has answered.

    - `definition`: the filled definition; None if there is none that can be asked about.
    """

    folder: Path
    manifest: Manifest | None
    template: str
    definition: Filled | None

    @property
    def path(self) -> Path:
        """The file that says the definition."""
        program = self.folder / PROGRAM
        return program if program.is_file() else self.folder / DEFINITION

    @property
    def has_broken_manifest(self) -> bool:
        """Whether there is a manifest that cannot be read."""
        return self.manifest is None and (self.folder / MANIFEST).is_file()

    @property
    def names(self) -> frozenset[str]:
        """What the definition and the manifest name of the project."""
        manifest = fill(self.manifest.path.read_text("utf-8"), {}).names if self.manifest else frozenset()
        return manifest | (self.definition.names if self.definition else frozenset())


def check_pipeline(
    folder: Path, values: Values, findings: Findings, made: Path | None = None
) -> PipelineCheck:
    """Check all of a pipeline that does not need the local cloud's code.

    `made`: the folder with the definitions that programs made, if they did.
    """
    manifest = findings.manifest(folder / MANIFEST, "pipeline", values)
    check_python(folder / "code", findings)
    program, path = folder / PROGRAM, folder / DEFINITION
    if program.is_file():
        check_python(folder, findings)
        if path.is_file():
            findings.wrong(
                path, 1, f"there is a {PROGRAM}, too, which makes the definition: delete one of them"
            )
        if (folder / REQUIREMENTS).is_file():
            findings.mistakes += requirement_mistakes(folder / REQUIREMENTS)
        definition = made / f"{folder.name}.json" if made else None
        if definition is None or not definition.is_file():
            return PipelineCheck(folder, manifest, "", None)
        # What is wrong with it is told of the program: the user has not written the definition.
        return _check_definition(
            PipelineCheck(folder, manifest, definition.read_text("utf-8"), None), program, values, findings
        )
    if not path.is_file():
        findings.wrong(
            path, 1, f"the pipeline {folder.name} has no definition: write {DEFINITION} or {PROGRAM}"
        )
        return PipelineCheck(folder, manifest, "", None)
    template = findings.text(path)
    if template is None:
        return PipelineCheck(folder, manifest, "", None)
    return _check_definition(PipelineCheck(folder, manifest, template, None), path, values, findings)


def _check_definition(check: PipelineCheck, path: Path, values: Values, findings: Findings) -> PipelineCheck:
    filled = fill(check.template, values)
    is_written = path.name == DEFINITION
    for line, text in filled.wrong:
        findings.wrong(path, line if is_written else 1, text)
    if filled.beyond and is_written:
        findings.warn(
            path, filled.beyond, "only Terraform can fill this: the definition is checked at `invoke up`"
        )
    document = None if filled.wrong or (filled.beyond and is_written) else _read(path, filled.text, findings)
    if document is None:
        return check
    check = replace(check, definition=filled)
    _check_parameters(check, document, findings)
    _check_input(check, document, findings)
    if is_written:
        _check_code(check, findings)
    return check


def tell_refusals(check: PipelineCheck, refusals: list[Refusal], findings: Findings) -> None:
    """Note why the local cloud refuses the definition or warns of it, at the line of the step."""
    for refusal in refusals:
        step = _STEP.search(refusal.message)
        line = line_of_name(check.template, step[1]) if step and check.path.name == DEFINITION else 1
        findings.answered(check.path, line, refusal.message, refusal)


def _read(path: Path, text: str, findings: Findings) -> Mapping[str, Any] | None:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        findings.wrong(path, error.lineno, f"it is no JSON: {error.msg}, at column {error.colno}")
        return None
    if not isinstance(document, dict):
        findings.wrong(path, 1, "it is no JSON object")
        return None
    return document


def _check_parameters(check: PipelineCheck, document: Mapping[str, Any], findings: Findings) -> None:
    path, parameters = check.path, {one.name: one for one in declared(document)}
    given: Mapping[str, str] = check.manifest.content.get("parameters", {}) if check.manifest else {}
    for name, text in given.items():
        complaint = ""
        if name not in parameters:
            why = suggestion(name, parameters) if parameters else "it declares none"
            complaint = f"the definition has no parameter {name}; {why}"
        elif "${" not in text and (why := parameters[name].complaint(text)):
            complaint = f"{name}: {why}"
        if complaint and check.manifest:
            findings.mistakes.append(check.manifest.mistake(complaint, "parameters", name))
    for name, parameter in parameters.items():
        line = line_of_name(check.template, name) if path.name == DEFINITION else 1
        if f"Parameters.{name}" not in check.template:
            findings.warn(path, line, f"the parameter {name} is not used")
        if not parameter.has_default and name not in given and not check.has_broken_manifest:
            cure = f"each execution needs `--set {name}=VALUE`; or give it a DefaultValue here"
            findings.warn(path, line, f"the parameter {name} has no value: {cure}")


def _check_input(check: PipelineCheck, document: Mapping[str, Any], findings: Findings) -> None:
    manifest = check.manifest
    wanted = manifest.content.get("input") if manifest else None
    if manifest is None or wanted is None:
        return
    texts = manifest.content.get("parameters", {}).values()
    if not any("${input_uri}" in text for text in texts):
        findings.mistakes.append(
            manifest.mistake("--input reaches no parameter: give one the text ${input_uri}", "input")
        )
    columns = wanted.get("columns", {})
    if columns and wanted["kind"] != "table":
        findings.mistakes.append(
            manifest.mistake("only a table has columns: kind: table", "input", "columns")
        )
    example = check.folder / wanted["example"] if "example" in wanted else None
    if example is None:
        return
    if not example.exists():
        findings.mistakes.append(manifest.mistake(f"there is no {example}", "input", "example"))
    elif wanted["kind"] == "table":
        try:
            recognise(example, example.name, Reading().of_columns(columns))
        except (CoordinatesError, EnvironmentNotReadyError) as error:
            findings.mistakes.append(manifest.mistake(f"{error.what} {error.why}", "input", "example"))


def _check_code(check: PipelineCheck, findings: Findings) -> None:
    folder = check.folder / "code"
    places = [(check.folder / DEFINITION, check.template)]
    if check.manifest:
        places.append((check.manifest.path, check.manifest.path.read_text("utf-8")))
    for path, text in places:
        for match in _CODE.finditer(text):
            if not (folder / match[1]).exists():
                line = text.count("\n", 0, match.start()) + 1
                findings.wrong(path, line, f"there is no code/{match[1]}")
    if folder.is_dir() and any(folder.iterdir()) and "code_uri" not in check.names:
        findings.warn(folder, 1, "no step uses this folder: name it as ${code_uri}")
