import json
import re
from pathlib import Path
from typing import Any

import pytest

from driver.terraform.expressions import json_texts
from driver.terraform.template_edits import READ_MEMBERS, READ_WORDS, edited

ROOT = Path(__file__).resolve().parents[4]
TEMPLATE = """{
  "Parameters": [{"Name": "Least", "Type": "Float", "DefaultValue": 0.9}],
  "Steps": [{
    "Name": "train", "Type": "Training", "Defaults": ${defaults},
    "Arguments": {
      "RoleArn": "${role_arn}", "MaxRuntime": 60, "Environment": {"A": "1"}, "Arguments": ["--fast"]
    }
  }]
}"""
RENDERED = TEMPLATE.replace("${defaults}", '{"x": 1}').replace("${role_arn}", "arn:aws:iam::1:role/jobs")


def made_of(*replacements: tuple[str, str]) -> tuple[Any, Any]:
    """Give what the edit makes of a changed template, and what Terraform would."""
    new, rendered = TEMPLATE, RENDERED
    for before, after in replacements:
        assert before in TEMPLATE
        new, rendered = new.replace(before, after), rendered.replace(before, after)
    return edited(TEMPLATE, new, RENDERED), json.loads(rendered)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("0.9", "0.8"),
        ("60", "true"),
        ("60", "{}"),
        ('{"A": "1"}', '{"B": "${literal"}'.replace("${", "{")),
        ('{"A": "1"}', "{}"),
        ('["--fast"]', '["--fast", "--small"]'),
        ('"--fast"', '"--slow"'),
        ('"--fast"', '"a \\"Type\\": b"'),
    ],
)
def test_what_is_literal_changes_in_what_terraform_made_of_it(before: str, after: str) -> None:
    found, wanted = made_of((before, after))
    assert json.dumps(found, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def test_members_that_terraform_added_stay() -> None:
    whole = json.dumps({**json.loads(RENDERED), "States": {"Notify": {}}})
    found = edited(TEMPLATE, TEMPLATE.replace("0.9", "0.8"), whole)
    assert found["States"] == {"Notify": {}}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("60", '"${timeout}"', "MaxRuntime has a variable"),
        ('"${role_arn}"', '"${other_arn}"', "RoleArn has a variable"),
        ('"${role_arn}"', '"arn:aws:iam::1:role/other"', "RoleArn has a variable"),
        ("${defaults}", "{}", "Defaults has a variable"),
        ("${defaults}", '"${defaults}"', "Defaults has a variable"),
        ('"Training"', '"Processing"', "depends on Type"),
        ('"Least"', '"Most"', "depends on Name"),
        ('"A": "1"', '"A": "1", "ExecutionRoleArn": "x"', "depends on ExecutionRoleArn"),
        ('"A": "1"', '"A": {"FunctionArn": "x"}', "depends on FunctionArn"),
        ('"1"', '"role_arn"', "depends on role_arn"),
        (
            '[{"Name": "Least", "Type": "Float", "DefaultValue": 0.9}]',
            "[]",
            "more than the definition depends on",
        ),
        ('"1"', '"%{ if true }1%{ endif }"', "directive"),
        ("60", "sixty", "Expecting value"),
    ],
)
def test_what_is_not_certain_or_has_other_effects_is_left_to_terraform(
    before: str, after: str, why: str
) -> None:
    assert before in TEMPLATE
    with pytest.raises(ValueError, match=re.escape(why)):
        edited(TEMPLATE, TEMPLATE.replace(before, after), RENDERED)


@pytest.mark.parametrize(("before", "after"), [("0.9", "0.7"), ("60", "60.5"), ('"Name": "train",', "")])
def test_a_definition_that_terraform_did_not_make_of_the_template_is_left_to_terraform(
    before: str, after: str
) -> None:
    with pytest.raises(ValueError, match="is not what it says"):
        edited(TEMPLATE, TEMPLATE.replace("--fast", "--slow"), RENDERED.replace(before, after))


def test_all_that_the_configuration_reads_of_definitions_is_known() -> None:
    found: dict[str, str] = {}
    for path in sorted((ROOT / "terraform").rglob("*.tf")):
        text = path.read_text("utf-8")
        if not {"tests", "examples"} & set(path.parts) and re.search(
            r"(local|var)\.(pipeline_)?(definitions?|files)\b", text
        ):
            found[path.relative_to(ROOT / "terraform").as_posix()] = text
    assert set(found) == {
        "pipelines.tf",
        "project.tf",
        "variables.tf",  # which pipelines there are
        "modules/sagemaker_pipeline/main.tf",
        "modules/sagemaker_pipeline/outputs.tf",
        "modules/sagemaker_pipeline/steps.tf",
        "modules/sagemaker_pipeline/variables.tf",
        "modules/state_machine/main.tf",
        "modules/state_machine/tasks.tf",
        "modules/state_machine/variables.tf",
        "modules/workflow_definition/main.tf",
        "modules/workflow_definition/outputs.tf",
    }
    tasks, steps = found["modules/state_machine/tasks.tf"], found["modules/sagemaker_pipeline/steps.tf"]
    read = set(re.findall(r'\\"(?:\(\?:Execution\)\?)?(\w+)\\"(?:\\\\s\*)?:', "".join(found.values())))
    read |= set(re.findall(r"jsondecode\(var\.pipeline_definition\)\.(\w+)", "".join(found.values())))
    read |= set(re.findall(r'"(\w+)"', re.findall(r"for key in \[(.*?)\]", tasks)[0]))
    assert read <= READ_MEMBERS
    assert {"Type", "RoleArn", "FunctionName", "Mode", "Resource", "Steps", "Parameters"} <= read
    assert "Arguments.IfSteps" in steps  # a list of steps, of which each has a Type and a Name
    assert re.findall(r'strcontains\(text, "(\w+)"\)', found["pipelines.tf"]) == list(READ_WORDS)


def test_of_functions_the_configuration_reads_manifests_and_packages_only() -> None:
    text = "".join(path.read_text("utf-8") for path in (ROOT / "terraform").glob("*.tf"))
    assert set(re.findall(r"local\.function_directory\W+[^)\n]*", text)) == {
        'local.function_directory, "*/function.yaml"',
        'local.function_directory}/${name}/function.yaml", local.template_variables',
    }


def test_a_terraform_that_does_not_answer_is_told(tmp_path: Path) -> None:
    program = tmp_path / "terraform"
    program.write_text("#!/bin/sh\necho 'no console' >&2\nexit 3\n")
    program.chmod(0o700)
    with pytest.raises(OSError, match="ended with 3: no console"):
        json_texts(program, {}, [{}])
