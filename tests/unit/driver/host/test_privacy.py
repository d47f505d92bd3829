"""Who may read what lies under `.sagestep`."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from driver.host.files import write_atomically, write_for_user, write_if_changed
from driver.host.privacy import private_files, tighten
from driver.host.processes import HostProcesses
from driver.terraform.orphans import ProcessRecords
from driver.terraform.process import ChildProcess


@pytest.fixture(autouse=True)
def _users_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_files_and_folders_are_their_owners_alone(tmp_path: Path) -> None:
    with private_files():
        (tmp_path / "home").mkdir()
        (tmp_path / "home/note").touch()
        write_atomically(tmp_path / "home/deep/er/record", b"")
    write_if_changed(tmp_path / "home/package", b"")
    assert mode(tmp_path / "home") == mode(tmp_path / "home/deep/er") == 0o700
    assert {mode(path) for path in (tmp_path / "home").rglob("*") if path.is_file()} == {0o600}


def test_the_umask_is_the_users_again_afterwards(tmp_path: Path) -> None:
    with pytest.raises(KeyError), private_files(), private_files():
        raise KeyError
    (tmp_path / "mine").touch()
    assert mode(tmp_path / "mine") == 0o644


def test_what_is_started_meanwhile_writes_in_the_same_way(tmp_path: Path) -> None:
    script = ["-c", "open('made', 'w'); import os; os.mkdir('folder')"]
    with private_files():
        child = ChildProcess(
            ProcessRecords(tmp_path / "processes", HostProcesses()),
            [sys.executable, *script],
            tmp_path,
            os.environ,
        )
        assert child.wait() == 0
        (tmp_path / "cloud").mkdir()
        processes = HostProcesses()
        pid = processes.start([sys.executable, *script], tmp_path / "cloud", os.environ, tmp_path / "log")
        while not processes.has_ended(pid):
            pass
    assert mode(tmp_path / "made") == mode(tmp_path / "log") == mode(tmp_path / "cloud/made") == 0o600
    assert mode(tmp_path / "folder") == mode(tmp_path / "cloud/folder") == 0o700


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_a_file_that_the_user_names_is_as_their_other_files(tmp_path: Path, umask: int) -> None:
    os.umask(umask)
    with private_files():
        write_for_user(tmp_path / "new/report.html", b"page")
        write_atomically(tmp_path / "state", b"")
    (tmp_path / "other").mkdir()
    assert mode(tmp_path / "new/report.html") == 0o666 & ~umask
    assert mode(tmp_path / "new") == mode(tmp_path / "other")
    assert mode(tmp_path / "state") == 0o600


def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    home = tmp_path / ".sagestep"
    state = home / "local/terraform.tfstate"
    script = home / "bin/terraform"
    for path in (state, script, home / "environments/live/aws/outputs.json"):
        path.parent.mkdir(parents=True)
        path.touch()
    script.chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (home / "local/link").symlink_to(elsewhere)
    tighten(home)
    assert mode(home) == 0o700
    assert mode(script) == 0o700
    for path in home.rglob("*"):
        assert path.is_symlink() or not mode(path) & 0o077, path
    assert mode(elsewhere) == 0o644


def test_what_the_user_made_in_that_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "mine").mkdir()
    tmp_path.chmod(0o755)
    tighten(tmp_path)
    assert mode(tmp_path / "local") == 0o700
    assert mode(tmp_path / "mine") == 0o755
    assert mode(tmp_path) == 0o755
    tighten(tmp_path / "not there")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_what_belongs_to_another_user_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    os.chown(tmp_path / "local", 65534, 65534)
    tighten(tmp_path)
    assert mode(tmp_path / "local") == 0o755


def test_every_command_writes_so(tmp_path: Path) -> None:
    """From the command line on: what `invoke config` and the start of the driver leave."""
    home = tmp_path / "home"
    (home / "local").mkdir(parents=True)
    program = (
        "import os, pathlib; from driver.cli.command import opened\n"
        "with opened(pathlib.Path(), {}): print(oct(os.umask(0)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"SAGESTEP_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0o77"
    assert mode(home / "local") == 0o700
