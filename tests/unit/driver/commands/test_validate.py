from pathlib import Path

import pytest

from driver.commands.validate import Validate
from driver.projects.beginnings import project_files, write_new
from driver.settings.project import Project
from driver.settings.settings import Settings
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import World


@pytest.fixture
def validate(world: World, tmp_path: Path) -> World:
    write_new(tmp_path, project_files("churn", "sagestep"))
    world.settings = Settings(Project(tmp_path), tmp_path / ".sagestep")
    return world


def test_what_is_right_is_counted(validate: World) -> None:
    assert Validate(validate.context())() == 0
    assert "1 pipeline, 1 workflow, 1 function, 1 image: no mistake" in validate.screen.text


def test_a_mistake_ends_with_1_and_stands_in_the_document(validate: World, tmp_path: Path) -> None:
    manifest = tmp_path / "resources/pipelines/example/pipeline.yaml"
    manifest.write_text(manifest.read_text().replace("InputUri:", "Input:"))
    assert Validate(validate.context())() == 1
    assert "pipeline.yaml:5: the definition has no parameter Input" in validate.screen.text
    program = Program()
    assert Validate(validate.context(program.console))() == 1
    document = program.document("validate")
    assert [(one["line"], Path(one["file"]).name) for one in document["mistakes"]] == [(5, "pipeline.yaml")]
    assert not document["is_valid"]
