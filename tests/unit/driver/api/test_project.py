from pathlib import Path

import pytest

from driver.api.project import Project
from driver.api.session import Session, silent
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.values import Endpoint as FoundEndpoint
from tests.unit.driver.fakes import World
from tests.unit.driver.histories import training


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sagestep.toml").write_text('target = "localstack"\n')
    return tmp_path


@pytest.fixture
def project(world: World, folder: Path) -> Project:
    """A project whose deployment is the world's."""
    world.deploy(workflows=True)
    found = Project(folder, target="local", environ={})
    found._session = Session(world.context(silent(None)))
    return found


def test_it_is_found_from_a_folder_within_and_has_its_own_settings(folder: Path) -> None:
    (folder / "resources").mkdir()
    assert Project(folder / "resources", environ={}).folder == folder
    assert Project(folder, environ={}).target == "localstack"
    assert Project(folder, environ={"SAGESTEP_TARGET": "aws"}).target == "aws"
    assert Project(folder, target="local", environ={"SAGESTEP_TARGET": "aws"}).target == "local"
    with pytest.raises(WrongUseError, match="nowhere"):
        Project(folder, target="nowhere")


def test_without_a_deployment_it_says_what_to_run(folder: Path) -> None:
    project = Project(folder, target="local", environ={})
    for ask in (lambda: project.pipelines, lambda: project.workflow("train"), project.executions):
        with pytest.raises(NotDeployedError, match="invoke up"):
            ask()
    assert "invoke up" in project._repr_html_()


def test_it_lists_what_is_deployed(project: Project) -> None:
    assert [pipeline.name for pipeline in project.pipelines] == ["geocoding", "geospatial"]
    assert "train" in [workflow.name for workflow in project.workflows]
    assert project.pipeline().name == project.pipeline("geospatial").name
    assert project.workflow("train-many").name == "train_many"
    assert project.outputs["bucket_name"]
    with pytest.raises(WrongUseError, match="There is no pipeline 'gone'"):
        project.pipeline("gone")
    with pytest.raises(WrongUseError, match="There is no workflow 'gone'"):
        project.workflow("gone")


def test_executions_of_all_kinds_are_listed_and_found(world: World, project: Project) -> None:
    world.state_machines.next_history = training().events
    started = project.workflow("train").execute(name="one")
    assert project.executions() == [started]
    assert project.execution() == project.execution("train/one") == project.execution(started.arn) == started
    assert project.executions(limit=0) == []
    shown = project._repr_html_()
    assert "train/one" in shown
    assert "RUNNING" in shown


def test_endpoints_are_asked_and_deleted(world: World, project: Project) -> None:
    with pytest.raises(NotDeployedError, match="no endpoint"):
        project.endpoint()
    name = "sagestep-wine"
    world.hosting.states[name] = FoundEndpoint(name, "InService", "config")
    world.hosting.config_models["config"] = ["model"]
    world.hosting.model_names.append("model")
    endpoint = project.endpoint()
    assert [one.name for one in project.endpoints()] == [endpoint.name] == [name]
    assert endpoint.status == "InService"
    assert "InService" in endpoint._repr_html_()
    endpoint.delete()
    assert world.hosting.deleted == [name, "config", "model"]
    with pytest.raises(NotDeployedError, match=name):
        _ = endpoint.status
