"""docs/python.md as a user meets it: each of its programs, a cell of one notebook."""

from pathlib import Path

import pytest

from driver.api.project import Project
from driver.model.exceptions import ExecutionFailedError
from tests.integration.python_page import programs, run_notebook, shown
from tests.integration.stack import Stack

pytestmark = pytest.mark.integration


def test_each_program_of_the_page_runs_in_a_notebook(deployed: Stack, tmp_path: Path) -> None:
    (tmp_path / "coordinates.csv").write_text("Longitude,Latitude\n-149.9,61.2\n13.4,52.5\n")
    blocks = programs()
    del blocks["Endpoints"]  # tests/integration/test_workflow_endpoints.py has an endpoint
    cells = run_notebook(deployed, tmp_path, [program for each in blocks.values() for program in each])
    project, geocoded, several, trained, execution, steps, refused = cells
    assert "geospatial" in shown(project, "text/html")
    assert "Anchorage" in shown(geocoded, "text/html")
    assert shown(several, "text/plain") == "['SUCCEEDED', 'SUCCEEDED']"
    assert "accuracy" in shown(trained, "text/plain")
    assert "Train Task succeeded" in shown(execution, "stdout")
    assert "<svg" in shown(execution, "text/html")
    assert "SUCCEEDED after" in shown(execution, "text/html")
    assert "succeeded" in shown(steps, "text/html")
    assert "instance_count" in shown(refused, "stdout")
    assert "<svg" in (tmp_path / "report.html").read_text()


def test_a_failed_execution_raises_its_reason_and_prints_nothing(
    deployed: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    project = Project(environ=deployed.environment)
    pipeline = project.pipeline()
    started = pipeline.execute(parameters={"parameter_vej_input_config": "{not json"}, direct=True)
    with pytest.raises(ExecutionFailedError, match="Step vej-processing-step"):
        started.wait(120)
    assert "vej-processing-step" in started.describe().reason
    assert any(event.is_error for event in started.logs(errors=True))
    assert pipeline.executions("Failed")[0] == started
    assert capfd.readouterr() == ("", "")
