import json
import tomllib
from pathlib import Path

import pytest

from driver.model.exceptions import WrongUseError
from driver.projects.beginnings import Beginning, pipeline_from, project_files, write_new
from driver.projects.templates import Values

DEFINITION = {
    "Version": "2020-12-01",
    "Parameters": [
        {"Name": "Table", "Type": "String"},
        {"Name": "Rows", "Type": "Integer", "DefaultValue": 1},
    ],
    "Steps": [{"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "costs ${amount} or %{rate}"}}],
}
VALUES: Values = {"role_arn": "arn", "functions": {"score": "arn"}}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("churn", "churn"), ("My Churn 2", "my-churn-2"), ("2026", "project"), ("a" * 40, "a" * 20)],
)
def test_a_projects_names_begin_with_its_folders(name: str, prefix: str) -> None:
    files = project_files(name, "sagestep==1.0")
    assert tomllib.loads(files[Path("sagestep.toml")].decode())["name_prefix"] == prefix
    assert files[Path("requirements.txt")].startswith(b"sagestep==1.0\n")


def test_a_projects_tasks_are_two_lines() -> None:
    lines = project_files("churn", "sagestep")[Path("tasks.py")].decode().split("\n")
    assert len([line for line in lines if line]) == 2


@pytest.mark.parametrize("path", [".gitignore", ".github/workflows/test.yml", "tests/test_project.py"])
def test_a_project_has_what_a_repository_needs(path: str) -> None:
    assert Path(path) in project_files("churn", "sagestep")


def test_nothing_is_overwritten_and_then_nothing_is_written(tmp_path: Path) -> None:
    files = Beginning("workflow", "train").files({})
    (tmp_path / "resources/workflows/train").mkdir(parents=True)
    mine = tmp_path / "resources/workflows/train/workflow.yaml"
    mine.write_text("title: mine\n")
    with pytest.raises(WrongUseError, match="is there already"):
        write_new(tmp_path, files)
    assert [path.name for path in mine.parent.iterdir()] == ["workflow.yaml"]
    assert mine.read_text() == "title: mine\n"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("pipeline", "my_pipeline"),
        ("pipeline", "Churn"),
        ("pipeline", ""),
        ("workflow", "my-workflow"),
        ("workflow", "run_pipeline"),
        ("workflow", "fan_out"),
        ("function", "shared"),
        ("function", "a/b"),
        ("image", "2nd"),
        ("image", "../image"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(kind: str, name: str) -> None:
    with pytest.raises(WrongUseError, match="cannot be called"):
        Beginning(kind, name).checked()


def test_a_pipeline_runs_in_an_image_of_the_project_or_brings_one() -> None:
    alone = Beginning("pipeline", "churn").files({})
    assert Path("resources/images/python/image.yaml") in alone
    beside = Beginning("pipeline", "churn").files({"mine": Path("mine")})
    assert not [path for path in beside if "images" in path.parts]
    assert b"${images.mine}" in beside[Path("resources/pipelines/churn/pipeline.json")]


def test_a_definition_that_is_there_is_taken_with_its_text_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "mine.json"
    source.write_text(json.dumps(DEFINITION))
    files = pipeline_from("churn", source, VALUES)
    template = files[Path("resources/pipelines/churn/pipeline.json")].decode()
    assert "costs $${amount} or %%{rate}" in template  # what Terraform takes for this text
    manifest = files[Path("resources/pipelines/churn/pipeline.yaml")].decode()
    assert "#   Table:" in manifest
    assert "Rows" not in manifest


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("${functions.score}", "${functions.score}"),
        ("${functions.scroe}", "${functions.scroe}"),  # of which `invoke validate` says that there is none
        ("${ role_arn }", "${ role_arn }"),
        ("${functions}", "$${functions}"),
        ("${role_arn.x}", "$${role_arn.x}"),
        ("${HOME} ${role_arn}/${", "$${HOME} ${role_arn}/$${"),
        ("$${role_arn}", "$${role_arn}"),
    ],
)
def test_a_definition_that_names_values_of_the_project_keeps_them(
    tmp_path: Path, text: str, template: str
) -> None:
    source = tmp_path / "mine.json"
    source.write_text(json.dumps({"Steps": [{"Name": "a", "Type": "Lambda", "FunctionArn": text}]}))
    files = pipeline_from("churn", source, VALUES)
    assert f'"FunctionArn": "{template}"' in files[Path("resources/pipelines/churn/pipeline.json")].decode()


def test_a_program_that_is_there_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "build.py"
    source.write_text("pipeline = 1\n")
    assert (
        pipeline_from("churn", source, VALUES)[Path("resources/pipelines/churn/pipeline.py")]
        == b"pipeline = 1\n"
    )


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "[]"), ("a.json", '{"Steps": 1}'), ("a.yaml", "Steps: 1")]
)
def test_what_is_no_pipeline_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(WrongUseError, match="is no pipeline"):
        pipeline_from("churn", tmp_path / name, VALUES)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="cannot be read"):
        pipeline_from("churn", tmp_path / "none.json", VALUES)
