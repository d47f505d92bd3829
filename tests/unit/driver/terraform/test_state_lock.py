import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.model.exceptions import BusyError
from driver.terraform.state_lock import state_lock_owner

HOLD = """
import fcntl, sys
with open(sys.argv[1], "r+b") as state:
    fcntl.lockf(state, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_state_that_is_not_there_or_free_has_no_owner(tmp_path: Path) -> None:
    state = tmp_path / "terraform.tfstate"
    assert state_lock_owner(state) is None
    state.write_text("{}")
    assert state_lock_owner(state) is None
    with state.open("r+b") as own:
        fcntl.lockf(own, fcntl.LOCK_EX)
        assert state_lock_owner(state) is None


def test_no_command_begins_while_terraform_works_on_the_state(tmp_path: Path) -> None:
    """Terraform locks its state in the same way: fcntl(2), the whole file."""
    workspace = Workspace(tmp_path / "local")
    workspace.directory.mkdir()
    workspace.state_path.write_text("{}")
    command = [sys.executable, "-c", HOLD, str(workspace.state_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as terraform:
        assert terraform.stdout
        assert terraform.stdout.readline() == "locked\n"
        assert state_lock_owner(workspace.state_path) == terraform.pid
        with pytest.raises(BusyError, match=f"kill -INT {terraform.pid}"), workspace.lock("invoke up"):
            pass
        terraform.communicate()
    with workspace.lock("invoke up"):
        pass
