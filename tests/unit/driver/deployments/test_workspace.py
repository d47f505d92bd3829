import os
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.model.exceptions import BusyError, NotDeployedError
from tests.unit.driver.fakes import AWS, LOCAL, OUTPUTS, PIPELINE, state_of


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "aws")


def test_a_deployment_is_read_as_it_was_written(workspace: Workspace) -> None:
    assert workspace.deployment() is None
    for deployment in (LOCAL, AWS):
        workspace.keep_deployment(deployment)
        assert workspace.deployment() == deployment


def test_outputs_before_any_deployment_say_what_to_run(workspace: Workspace) -> None:
    with pytest.raises(NotDeployedError, match="invoke up --target aws"):
        workspace.outputs()


def test_a_command_line_means_this_target_in_this_environment(tmp_path: Path) -> None:
    flags = {
        Workspace(tmp_path / name, environment).target_flag
        for name, environment in (("local", ""), ("local", "live"), ("aws", ""), ("aws", "live"))
    }
    assert flags == {"", " --env live", " --target aws", " --target aws --env live"}


def test_outputs_of_another_version_name_what_is_missing(workspace: Workspace) -> None:
    workspace.keep_outputs({name: value for name, value in OUTPUTS.items() if name != "queue_url"})
    with pytest.raises(NotDeployedError, match="queue_url"):
        workspace.outputs()


def test_a_deployment_from_before_the_state_machine_can_be_worked_on(workspace: Workspace) -> None:
    workspace.keep_outputs({name: value for name, value in OUTPUTS.items() if "state_machine" not in name})
    assert workspace.outputs().state_machine_arn == ""
    assert workspace.outputs().pipelines["geospatial"].arn == PIPELINE


def test_a_download_that_was_cut_off_is_no_result(workspace: Workspace) -> None:
    folder = workspace.runs_directory / "abcdefghijkl"
    folder.mkdir(parents=True)
    for name in ("results_0.csv", ".results_0.csv.x1y2"):
        (folder / name).write_text("")
    assert workspace.runs() == [folder / "results_0.csv"]


def test_a_lock_is_held_by_one_at_a_time_and_says_by_whom(workspace: Workspace) -> None:
    other = Workspace(workspace.directory)
    with (
        workspace.lock("invoke up"),
        pytest.raises(BusyError, match=rf"`invoke up`, process {os.getpid()}"),
        other.lock("invoke down"),
    ):
        pass
    with other.lock("invoke down"):
        pass


def test_a_lock_outlives_the_folder_it_protects(workspace: Workspace) -> None:
    with workspace.lock("invoke down"):
        workspace.clear()
        assert not workspace.directory.exists()
        with pytest.raises(BusyError), Workspace(workspace.directory).lock("invoke up"):
            pass


def test_clearing_keeps_downloads_only(workspace: Workspace) -> None:
    workspace.keep_deployment(AWS)
    workspace.keep_outputs(OUTPUTS)
    workspace.state_path.write_text(state_of("main"))
    (workspace.data_directory / "providers").mkdir(parents=True)
    result = workspace.runs_directory / "abc/results_0.csv"
    result.parent.mkdir(parents=True)
    result.write_text("kept")
    workspace.clear()
    assert [path for path in workspace.directory.rglob("*") if path.is_file()] == [result]


def test_forgetting_the_state_forgets_what_came_of_it(workspace: Workspace) -> None:
    workspace.keep_deployment(AWS)
    workspace.keep_outputs(OUTPUTS)
    workspace.state_path.write_text(state_of("main"))
    workspace.forget_state()
    assert workspace.resources() == []
    assert workspace.all_outputs() == {}
    assert workspace.deployment() is None


def test_the_newest_download_comes_first(workspace: Workspace) -> None:
    for seconds, name in ((1, "old"), (2, "new")):
        path = workspace.runs_directory / name / "results_0.csv"
        path.parent.mkdir(parents=True)
        path.write_text("")
        os.utime(path, (seconds, seconds))
    assert [path.parent.name for path in workspace.runs()] == ["new", "old"]


def test_a_part_is_remembered_until_everything_is_deployed_again(workspace: Workspace) -> None:
    workspace.keep_deployment(LOCAL)
    workspace.keep_outputs(OUTPUTS)
    workspace.keep_only(["queue", "bucket"])
    with pytest.raises(NotDeployedError, match="keep only queue, bucket"):
        workspace.outputs()
    earlier = workspace.earlier_outputs()
    assert earlier is not None
    assert earlier.bucket_name == OUTPUTS["bucket_name"]
    workspace.keep_outputs(OUTPUTS)
    assert workspace.kept() is None
    assert workspace.outputs() == earlier


def test_what_was_kept_of_a_cloud_that_is_gone_is_forgotten(workspace: Workspace) -> None:
    workspace.keep_deployment(LOCAL)
    workspace.keep_only(["bucket"])
    workspace.forget_state()
    assert workspace.kept() is None
    assert workspace.earlier_outputs() is None
