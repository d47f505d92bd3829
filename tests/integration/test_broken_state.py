"""What happens to disks, with the commands as a user types them."""

import json
import os
import stat
from collections.abc import Callable

import pytest

from driver.deployments.local_cloud import LocalCloud
from driver.host.processes import HostProcesses
from driver.settings.project import Project
from tests.integration.processes import linux, processes
from tests.integration.stack import ROOT, Stack, installed_cloud

pytestmark = pytest.mark.integration


def test_nobody_else_reads_what_a_deployment_writes(deployed: Stack) -> None:
    assert stat.S_IMODE(deployed.state.stat().st_mode) == 0o700
    # What LocalStack unpacks for a function has modes of its own, in a folder that is closed.
    unpacked = deployed.state / "cloud/tmp"
    found = [path for path in deployed.state.rglob("*") if not path.is_symlink()]
    written = [path for path in found if unpacked not in path.parents]
    assert deployed.state / "terraform.tfstate" in written
    open_to_others = {str(path): oct(path.stat().st_mode) for path in written if path.stat().st_mode & 0o077}
    assert open_to_others == {}


def test_files_that_were_cut_off_are_named_and_mended(deployed: Stack) -> None:
    cloud, status = deployed.cloud(), status_of(deployed)
    os.truncate(deployed.state / "terraform.tfstate", 1000)
    os.truncate(deployed.state / "deployment.json", 10)
    os.truncate(deployed.state / "cloud.json", 10)
    for command in ("status", "run-pipeline", "executions"):
        refused = deployed.invoke(command, expect=3)
        assert "is broken" in refused.output
        assert "invoke up" in refused.output
    result = deployed.invoke("up", "--yes")
    assert "a backup of the driver's" in result.output
    assert "nothing changed" in result.output
    assert list(deployed.state.glob("terraform.tfstate.broken-*"))
    assert deployed.cloud() == cloud  # it runs on: its record had a copy
    assert status_of(deployed) == status


def status_of(stack: Stack) -> dict[str, object]:
    """What `status` tells, but for the size of the saved state, which grows by each request."""
    status: dict[str, object] = json.loads(stack.invoke("status", "--json").output)
    return status | {"saved_bytes": None}


@linux
def test_down_ends_a_cloud_of_which_no_file_is_left_whole(new_stack: Callable[[], Stack]) -> None:
    """A cloud alone is enough: what would have been deployed is in files that nobody can read."""
    stack = new_stack()
    start_cloud(stack)
    assert processes(stack.state / "cloud")
    for name in ("terraform.tfstate", "deployment.json", "outputs.json", "kept.json", "creations.log"):
        (stack.state / name).write_bytes(b'{"version": 4, "resour')
    os.truncate(stack.state / "cloud.json", 5)
    result = stack.invoke("down", "--yes")
    assert "Terraform destroys nothing" in result.output
    assert processes(stack.state / "cloud") == {}


def start_cloud(stack: Stack) -> None:
    """Start the local cloud as the driver does, and deploy nothing."""
    LocalCloud(stack.state, Project(ROOT), installed_cloud(), os.environ, HostProcesses()).start(stack.port)
