"""A state on a disk that is full, and one that was cut off, with a real Terraform."""

import os
import stat
from pathlib import Path

import pytest

from driver.commands.repair import Repair, Repaired
from driver.host.console import Console
from driver.host.privacy import private_files
from driver.model.exceptions import BrokenFileError, NoRoomError
from driver.terraform.events import Diagnostic

from .program import Terraform
from .small_root import SmallRoot, filled, small_disk

pytestmark = pytest.mark.terraform

MANY = 150  # resources, whose state takes 360 kB


def make(terraform: Terraform, folder: Path, source: Path | None = None) -> SmallRoot:
    return SmallRoot(folder, terraform.program, terraform.environment, source or folder / "terraform")


def mend(root: SmallRoot, capsys: pytest.CaptureFixture[str]) -> tuple[Repaired, str]:
    repaired = Repair(root.workspace, Console(), root.state_store, is_disposable=True)()
    return repaired, " ".join(capsys.readouterr().out.split())


def test_each_command_that_changes_the_state_leaves_a_backup(terraform: Terraform, tmp_path: Path) -> None:
    root = make(terraform, tmp_path)
    root.apply(3)
    backups = root.workspace.copies.directory
    [first] = backups.glob("*.tfstate")
    assert first.read_text() == root.workspace.state_path.read_text()
    root.apply(3)
    assert list(backups.glob("*.tfstate")) == [first]
    root.apply(4)
    assert root.destroy() == 4
    assert len(list(backups.glob("*.tfstate"))) == 3


def test_a_state_that_was_cut_off_is_taken_in_again(
    terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(terraform, tmp_path)
    root.apply(3)
    os.truncate(root.workspace.state_path, 1000)
    with pytest.raises(BrokenFileError, match="take in the newest copy"):
        root.workspace.resources()
    mended, said = mend(root, capsys)
    assert mended == Repaired()
    assert "3 resources" in said
    assert root.apply(3).summary.total == 0


def test_with_a_full_disk_terraform_leaves_what_the_next_command_takes_in(
    terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the state nor errored.tfstate can be written: Terraform prints it, the driver saves it."""
    with small_disk(tmp_path / "disk", "3m") as disk:
        root = make(terraform, disk)
        root.apply(3)
        with filled(disk, leave=150_000), pytest.raises(NoRoomError, match="no space left") as raised:
            root.apply(MANY)
        assert raised.value.why.count("no space left on device") < 5  # Terraform says it 80 times
        said_of_it = [event.detail for event in root.events if isinstance(event, Diagnostic)]
        assert "is kept in" in said_of_it[-1]
        with pytest.raises(BrokenFileError, match="what Terraform could not write"):
            root.workspace.resources()
        mended, said = mend(root, capsys)
        assert mended == Repaired()
        assert f"{MANY} resources" in said
        assert root.apply(MANY).summary.total == 0
        root.workspace.forget_state()


def test_where_there_is_room_beside_it_terraforms_own_file_is_taken_in(
    terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make(terraform, tmp_path / "home")
    root.apply(3)
    with small_disk(tmp_path / "disk", "200k") as disk:
        path = root.workspace.state_path
        (disk / path.name).write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(disk / path.name)  # the state alone is on the small disk
        with pytest.raises(NoRoomError):
            root.apply(MANY)
        assert root.workspace.copies.errored_path.is_file()
        mended, said = mend(root, capsys)
        assert mended == Repaired()
        assert "errored.tfstate, serial" in said
    assert root.apply(MANY).summary.total == 0
    assert not root.workspace.copies.errored_path.exists()


def test_what_terraform_keeps_of_its_init_may_be_broken(terraform: Terraform, tmp_path: Path) -> None:
    root = make(terraform, tmp_path)
    root.apply(2)
    for name in ("terraform.tfstate", "initialized"):
        for content in (b"", b'{"version": 3, "backend"', b"\xff\xfe"):
            (root.workspace.data_directory / name).write_bytes(content)
            assert root.apply(2).summary.total == 0


def test_the_source_is_not_written_to_and_a_target_has_its_own_copy(
    terraform: Terraform, tmp_path: Path
) -> None:
    root = make(terraform, tmp_path / "home", tmp_path / "source")
    (root.source / "old.tf").write_text('output "old" { value = 1 }')
    assert root.apply(1).outputs == {"number": 1, "old": 1}
    (root.source / "old.tf").unlink()
    root.source.chmod(0o500)
    try:
        assert root.apply(1).outputs == {"number": 1}
        assert [path.name for path in root.source.iterdir()] == ["main.tf"]
    finally:
        root.source.chmod(0o700)


def test_nobody_else_reads_what_terraform_writes(terraform: Terraform, tmp_path: Path) -> None:
    with private_files():
        root = make(terraform, tmp_path / "home", tmp_path / "source")
        root.apply(2)
    found = [path for path in (tmp_path / "home").rglob("*") if not path.is_symlink()]
    assert root.workspace.state_path in found
    open_to_others = {
        path.relative_to(tmp_path): oct(path.stat().st_mode)
        for path in found
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    assert open_to_others == {}
