"""A new project has no mistake; each of these changes makes one, which is told with its line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from driver.projects.beginnings import Beginning, write_new
from driver.projects.check import check_project
from driver.projects.contents import Contents
from driver.settings.project import Project

PIPELINE, WORKFLOW = "resources/pipelines/example/", "resources/workflows/example/"
DEFINITION, MANIFEST = f"{PIPELINE}pipeline.json", f"{PIPELINE}pipeline.yaml"
FUNCTION, IMAGE = "lambda_src/parity/", "resources/images/python/"
Found = tuple[list[str], list[str]]


def change(project: Path, name: str, before: str, after: str) -> None:
    text = (project / name).read_text()
    assert before in text
    (project / name).write_text(text.replace(before, after, 1))


def test_a_new_project_has_no_mistake_nor_has_any_part_that_is_added(
    project: Path, check: Callable[[], Found]
) -> None:
    assert check() == ([], [])
    images = Contents(Project(project)).images
    for kind in ("pipeline", "workflow", "image"):
        write_new(project, Beginning(kind, "second").files(images))
    assert check() == ([], [])


def test_a_field_without_effect_in_the_local_cloud_is_a_warning(
    project: Path, check: Callable[[], Found]
) -> None:
    network = '"NetworkConfig": {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},'
    change(project, DEFINITION, '"RoleArn":', f'{network} "RoleArn":')
    mistakes, (warning,) = check()
    assert mistakes == []
    assert "asks for VpcConfig, which has no effect in the local cloud" in warning


def test_the_local_clouds_code_answers_in_a_process_of_its_own(project: Path) -> None:
    change(project, DEFINITION, '"Type": "Processing"', '"Type": "Process"')
    (found,) = check_project(Project(project)).mistakes
    assert (found.file, found.line) == (project / DEFINITION, 10)
    assert "does not run" in found.text


@pytest.mark.parametrize(
    ("changed", "line", "words"),
    [
        ((DEFINITION, '"Version": "2020-12-01",', '"Version": "2020-12-01"'), 3, "it is no JSON"),
        ((DEFINITION, "${role_arn}", "${rol_arn}"), 13, "did you mean role_arn?"),
        ((DEFINITION, "images.python", "images.pyton"), 15, "there is no image pyton; did you mean python?"),
        (
            (DEFINITION, "${code_uri}", "${functions.party}"),
            22,
            "there is no function party; did you mean",
        ),
        ((DEFINITION, "${code_uri}", "${bucket_name.x}"), 22, "bucket_name is a text"),
        ((DEFINITION, "${code_uri}", "${functions}"), 22, "write ${functions.NAME}"),
        ((DEFINITION, "Parameters.MinimumRows", "Parameters.Rows"), 64, "'Parameters.Rows'"),
        ((DEFINITION, '"Type": "Processing"', '"Type": "Process"'), 10, "does not run"),
        (
            (DEFINITION, "Steps.summarize.PropertyFiles.Summary", "Steps.sum.PropertyFiles.Summary"),
            64,
            "'sum'",
        ),
        ((DEFINITION, "${code_uri}", "${code_uri}main.py"), 22, "there is no code/main.py"),
        (
            (f"{PIPELINE}code/summarize.py", "def summarize(rows):", "def summarize(rows:"),
            10,
            "Python cannot read",
        ),
        ((MANIFEST, "  InputUri:", "  InputUrl:"), 5, "no parameter InputUrl; did you mean InputUri?"),
        (
            (MANIFEST, "  InputUri:", '  MinimumRows: "few"\n  InputUri:'),
            5,
            'MinimumRows: expected a whole number (Integer), not "few"',
        ),
        ((MANIFEST, "parameters:", "paramters:"), 4, "did you mean parameters?"),
        ((MANIFEST, "${input_uri}", "${inputs}"), 5, "there is no value inputs"),
        ((MANIFEST, "${input_uri}", "s3://somewhere"), 9, "--input reaches no parameter"),
        ((MANIFEST, "price: number", "cost: number"), 13, "Its header lacks the column cost: "),
        ((MANIFEST, "price: number", "price: euro"), 12, "expected one of"),
        ((MANIFEST, "example.csv", "sample.csv"), 13, "sample.csv"),
        ((MANIFEST, "kind: table", "kind: file"), 11, "only a table has columns"),
        ((f"{WORKFLOW}workflow.asl.json", '"Next": "Decide"', '"Next": "Choose"'), 37, "state Ask"),
        ((f"{WORKFLOW}workflow.asl.json", "lambda:invoke", "lambda:call"), 22, "state Ask"),
        (
            (f"{WORKFLOW}workflow.asl.json", "functions.parity", "functions.sample"),
            24,
            "there is no function sample",
        ),
        ((f"{WORKFLOW}input.schema.json", '"type": "integer"', '"type": "whole"'), 9, "it is no JSON Schema"),
        (
            (f"{WORKFLOW}input.schema.json", '"type": "integer"', '"access": "all", "type": "integer"'),
            9,
            "the access of number must be read, write, image, name",
        ),
        (
            (f"{WORKFLOW}input.schema.json", '"type": "integer"', '"access": ["read"], "type": "integer"'),
            9,
            "the access of number must be read, write, image, name",
        ),
        (
            (f"{WORKFLOW}input.schema.json", '"properties": {', '"properties": {"any": true,'),
            7,
            "the schema of any must be an object",
        ),
        ((f"{WORKFLOW}input.schema.json", '"default": 4', '"default": "four"'), 11, "the default of number"),
        ((f"{WORKFLOW}input.schema.json", '"properties"', '"members"'), 1, "it has no properties"),
        ((f"{WORKFLOW}workflow.yaml", "title:", "titel:"), 1, "did you mean title?"),
        ((f"{FUNCTION}handler.py", "def lambda_handler", "def handle"), 1, "it defines no lambda_handler"),
        ((f"{FUNCTION}handler.py", "return {", "return ["), 7, "Python cannot read it"),
        ((f"{FUNCTION}function.yaml", "timeout_seconds: 30", "timeout_seconds: 3000"), 2, "from 1 to 900"),
        (
            (f"{FUNCTION}function.yaml", "timeout_seconds: 30", "handler: lambda_src.parity.main.run"),
            2,
            "main.py",
        ),
        ((f"{IMAGE}image.yaml", 'python: ">=3.11"', "programs: {train: [python, train.py]}"), 5, "train.py"),
        ((f"{IMAGE}image.yaml", 'python: ">=3.11"', "requirements: packages.txt"), 5, "packages.txt"),
        ((f"{IMAGE}image.yaml", "uris:", "urls:"), 3, "urls"),
    ],
)
def test_a_mistake_is_told_with_its_file_and_line(
    project: Path, check: Callable[[], Found], changed: tuple[str, str, str], line: int, words: str
) -> None:
    file = changed[0]
    change(project, *changed)
    mistakes, _ = check()
    assert [one for one in mistakes if one.startswith(f"{file}:{line}: ") and words in one], mistakes


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (DEFINITION, "has no definition"),
        (f"{PIPELINE}example.csv", "example.csv"),
        (f"{WORKFLOW}workflow.asl.json", "there is no such file"),
        (f"{WORKFLOW}input.schema.json", "there is no such file"),
        (f"{FUNCTION}handler.py", "there is no such file"),
        (f"{FUNCTION}function.yaml", "is not deployed without it"),
        (f"{IMAGE}image.yaml", "has no manifest"),
    ],
)
def test_a_file_that_is_missing_is_told(
    project: Path, check: Callable[[], Found], file: str, words: str
) -> None:
    (project / file).unlink()
    mistakes, _ = check()
    assert any(words in one for one in mistakes), mistakes


def test_what_a_manifest_need_not_say_may_be_missing(project: Path, check: Callable[[], Found]) -> None:
    (project / WORKFLOW / "workflow.yaml").unlink()
    (project / MANIFEST).unlink()
    mistakes, warnings = check()
    assert mistakes == []
    assert [one for one in warnings if "the parameter InputUri has no value" in one and ":4:" in one]


def test_what_nobody_uses_is_a_warning(project: Path, check: Callable[[], Found]) -> None:
    write_new(project, Beginning("function", "lonely").files({}))
    change(project, DEFINITION, '{ "Get": "Parameters.MinimumRows" }', "1")
    change(project, DEFINITION, "${code_uri}", "s3://elsewhere/code")
    mistakes, warnings = check()
    assert mistakes == []
    assert [one.partition(": ")[2].partition(":")[0] for one in warnings] == [
        "no definition uses the function lonely",
        "no step uses this folder",
        "the parameter MinimumRows is not used",
    ]


def test_what_only_terraform_can_fill_is_left_to_it(project: Path, check: Callable[[], Found]) -> None:
    change(project, DEFINITION, '"${role_arn}"', '${jsonencode(role_arn)}"')
    mistakes, warnings = check()
    assert mistakes == []
    assert warnings[0].startswith(f"{DEFINITION}:13: only Terraform can fill this")


def test_an_escaped_placeholder_is_text(project: Path, check: Callable[[], Found]) -> None:
    change(project, DEFINITION, "The table has fewer rows", "$${rows} are fewer rows")
    assert check() == ([], [])


def test_a_program_and_a_definition_of_the_same_pipeline_are_one_too_many(
    project: Path, check: Callable[[], Found]
) -> None:
    (project / PIPELINE / "pipeline.py").write_text("pipeline = None\n")
    mistakes, _ = check()
    assert "pipeline.py, too" in mistakes[0]
    (project / DEFINITION).unlink()
    assert check() == ([], [])


def test_every_mistake_is_told_at_once(project: Path, check: Callable[[], Found]) -> None:
    change(project, MANIFEST, "kind: json", "kind: xml")
    change(project, f"{FUNCTION}handler.py", "return {", "return [")
    document = json.loads((project / WORKFLOW / "input.schema.json").read_text())
    (project / WORKFLOW / "input.schema.json").write_text(json.dumps({**document, "properties": []}))
    mistakes, _ = check()
    assert {one.partition(":")[0] for one in mistakes} == {
        MANIFEST,
        f"{FUNCTION}handler.py",
        f"{WORKFLOW}input.schema.json",
    }


def test_a_function_and_a_workflow_of_one_name_are_refused(project: Path, check: Callable[[], Found]) -> None:
    write_new(project, Beginning("function", "example").files({}))
    mistakes, _ = check()
    (mistake,) = mistakes
    assert mistake.startswith("lambda_src/example/function.yaml:1: the workflow example has the same name")


@pytest.mark.parametrize(
    ("before", "after", "manifest"),
    [
        (PIPELINE, "resources/pipelines/größe/", "pipeline.yaml"),
        (PIPELINE, "resources/pipelines/a_b/", "pipeline.yaml"),
        (WORKFLOW, "resources/workflows/Review/", "workflow.yaml"),
        (FUNCTION, "lambda_src/maß/", "function.yaml"),
    ],
)
def test_a_folder_whose_name_cannot_be_one_in_aws_is_refused_for_its_name(
    project: Path, check: Callable[[], Found], before: str, after: str, manifest: str
) -> None:
    shutil.copytree(project / before, project / after)
    (mistake,), _ = check()
    assert mistake.startswith(f"{after}{manifest}:1: the folder cannot be called {Path(after).name}: It must")


@pytest.mark.parametrize(
    "changed",
    [
        (MANIFEST, "kind: json", "kind: [json"),
        (MANIFEST, "parameters:", "paramters:"),
        (f"{FUNCTION}function.yaml", "timeout_seconds: 30", "handler: [lambda_src.parity.main.run"),
        (f"{IMAGE}image.yaml", "uris:", "uris: ["),
        (f"{WORKFLOW}workflow.yaml", "title:", "title: ["),
    ],
)
def test_what_follows_from_a_manifest_that_cannot_be_read_is_not_told(
    project: Path, check: Callable[[], Found], changed: tuple[str, str, str]
) -> None:
    if "function" in changed[0]:
        (project / FUNCTION / "handler.py").rename(project / FUNCTION / "main.py")
    change(project, *changed)
    (mistake,), warnings = check()
    assert mistake.startswith(f"{changed[0]}:")
    assert warnings == []
