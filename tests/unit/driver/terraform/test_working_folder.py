from pathlib import Path

import pytest

from driver.model.exceptions import WrongUseError
from driver.terraform.working_folder import WorkingFolder


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# {name}")
    return folder


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    return write(tmp_path / "sagestep/terraform", "main.tf", "modules/queue/main.tf", "tests/a.tftest.hcl")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_projects_own_files_become_a_part_of_the_root(tmp_path: Path, ours: Path) -> None:
    own = write(
        tmp_path / "mine/terraform", "table.tf", "modules/table/main.tf", "policy.json", ".terraform/x"
    )
    folder = WorkingFolder(ours, tmp_path / "work", own)
    assert files(folder.prepare(None)) == [
        "main.tf",
        "modules/queue/main.tf",
        "modules/table/main.tf",
        "policy.json",
        "table.tf",
    ]


def test_what_the_project_drops_is_dropped_and_init_is_run_again_for_what_it_changes(
    tmp_path: Path, ours: Path
) -> None:
    own = write(tmp_path / "mine/terraform", "table.tf", "other.tf")
    folder = WorkingFolder(ours, tmp_path / "work", own)
    folder.prepare(None)
    before = folder.fingerprint()
    (own / "other.tf").unlink()
    assert folder.fingerprint() != before
    assert files(folder.prepare(None)) == ["main.tf", "modules/queue/main.tf", "table.tf"]


@pytest.mark.parametrize("name", ["main.tf", "modules/queue/main.tf"])
def test_a_file_with_the_name_of_ours_is_refused(tmp_path: Path, ours: Path, name: str) -> None:
    own = write(tmp_path / "mine/terraform", name)
    with pytest.raises(WrongUseError, match="Give it another name"):
        WorkingFolder(ours, tmp_path / "work", own).prepare(None)
