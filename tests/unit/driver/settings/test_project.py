from pathlib import Path

import pytest

from driver.model.exceptions import WrongUseError
from driver.settings.project import INSTALLATION, Project

ROOT = Path(__file__).resolve().parents[4]


def test_the_repository_is_its_own_installation_and_no_configuration_of_terraform_is_added() -> None:
    project = Project(ROOT)
    assert INSTALLATION == ROOT
    assert project.is_installation
    assert project.own_terraform is None
    assert project.terraform == ROOT / "terraform"


@pytest.mark.parametrize("mark", ["tasks.py", "sagestep.toml"])
def test_a_project_is_found_from_a_folder_within_it(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).touch()
    (tmp_path / "resources/pipelines").mkdir(parents=True)
    found = Project.find(tmp_path / "resources/pipelines")
    assert (found.folder, found.installation) == (tmp_path, ROOT)
    assert found.resources == tmp_path / "resources"


def test_outside_every_project_the_checkout_is_meant(tmp_path: Path) -> None:
    assert Project.find(tmp_path) == Project(ROOT)


def test_a_folder_that_is_no_project_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="sagestep new --project FOLDER"):
        Project(tmp_path).checked()


def test_a_projects_own_terraform_is_what_has_configuration(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    assert Project(tmp_path).own_terraform is None
    (tmp_path / "terraform/table.tf").touch()
    assert Project(tmp_path).own_terraform == tmp_path / "terraform"
