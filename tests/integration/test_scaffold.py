"""What `invoke new --project` writes: its own tests pass, on a local cloud that its fixtures start.

The only deployment of the scaffold, and the only test of the plugin of pytest with a real cloud.
"""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.plugin import ROOT, run_pytest

pytestmark = pytest.mark.integration

OF_THE_CLOUD = """
def test_the_cloud_is_the_projects_own(local_cloud, deployed):
    assert deployed.cloud is local_cloud
    assert not local_cloud.endpoint_url.endswith(":4566")
    buckets = {found["Name"] for found in local_cloud.client("s3").list_buckets()["Buckets"]}
    assert deployed.outputs["bucket_name"] in buckets


def test_a_command_that_fails_fails_the_test(deployed):
    deployed.invoke("run", "--workflow", "none")
"""


def test_the_tests_of_a_new_project_pass_and_leave_nothing_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "invoke", "new", "--project", str(tmp_path / "first")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (tmp_path / "first/tests/test_cloud.py").write_text(OF_THE_CLOUD)
    done = run_pytest(
        tmp_path / "first", tmp_path / "installed", f"--basetemp={tmp_path / 'temporary'}", "-v"
    )
    assert "1 failed, 7 passed" in done.stdout, done.stdout + done.stderr
    assert "`invoke run --workflow none` ended with exit code 2, not 0:" in done.stdout
    assert "There is no workflow" in done.stdout
    assert [words for found in psutil.process_iter() if str(tmp_path) in (words := _words(found))] == []


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
