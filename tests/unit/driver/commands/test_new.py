from pathlib import Path

import pytest

from driver.commands.new import New
from driver.model.exceptions import WrongUseError
from driver.settings.project import Project
from driver.settings.settings import Settings
from tests.unit.driver.fakes import World


def new(world: World, source: str = "", **parts: str) -> None:
    kinds = ("project", "pipeline", "workflow", "function", "image")
    New(world.context())({kind: parts.get(kind, "") for kind in kinds}, source)


@pytest.fixture
def project(world: World, tmp_path: Path) -> Path:
    new(world, project=str(tmp_path / "churn"))
    world.settings = Settings(Project(tmp_path / "churn"), tmp_path / ".sagestep")
    return tmp_path / "churn"


def test_what_was_written_is_told_and_what_comes_next(world: World, project: Path) -> None:
    assert "✓ resources/pipelines/example/pipeline.json" in world.screen.text
    assert f"Next: cd {project}, invoke validate, invoke up, then invoke run-pipeline." in world.screen.text
    new(world, function="score")
    assert (project / "lambda_src/score/handler.py").is_file()
    assert "${functions.score}" in world.screen.text


def test_a_pipeline_may_be_there_already(world: World, project: Path, tmp_path: Path) -> None:
    source = tmp_path / "build.py"
    source.write_text("pipeline = None\n")
    new(world, source=str(source), pipeline="mine")
    assert (project / "resources/pipelines/mine/pipeline.py").read_text() == "pipeline = None\n"


@pytest.mark.parametrize(
    ("source", "parts", "words"),
    [
        ("", {}, "One thing is begun at a time"),
        ("", {"image": "a", "function": "b"}, "One thing is begun at a time"),
        ("mine.json", {"workflow": "a"}, "--from is for pipelines"),
        ("", {"pipeline": "example"}, "is there already"),
    ],
)
def test_wrong_use_writes_nothing(
    world: World, project: Path, source: str, parts: dict[str, str], words: str
) -> None:
    before = sorted(project.rglob("*"))
    with pytest.raises(WrongUseError, match=words):
        new(world, source=source, **parts)
    assert sorted(project.rglob("*")) == before


def test_outside_a_project_only_a_project_is_begun(world: World, tmp_path: Path) -> None:
    world.settings = Settings(Project(tmp_path), tmp_path / ".sagestep")
    with pytest.raises(WrongUseError, match="There is no project here"):
        new(world, image="mine")


def test_a_new_repository_of_githubs_becomes_a_project(world: World, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/README.md").write_text("# shop\n")
    (tmp_path / "shop/.gitignore").write_text("*.pyc\n")
    new(world, project=str(tmp_path / "shop"))
    assert (tmp_path / "shop/tasks.py").is_file()
    assert (tmp_path / "shop/README.md").read_text() == "# shop\n"
    assert (tmp_path / "shop/.gitignore").read_text() == "*.pyc\n"
    assert "kept: README.md" in world.screen.text
    assert "Add a line .sagestep/ to" in world.screen.text


def test_a_project_is_not_begun_over_another(world: World, project: Path) -> None:
    with pytest.raises(WrongUseError, match="is there already"):
        new(world, project=str(project))
