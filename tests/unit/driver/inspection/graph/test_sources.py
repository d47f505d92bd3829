from pathlib import Path

import pytest

from driver.inspection.graph.definitions import read_source
from driver.model.exceptions import WrongUseError
from driver.settings.project import Project
from tests.unit.driver.inspection.graph.machines import PROJECT


def test_placeholders_stay_as_they_are() -> None:
    _, definition = read_source(PROJECT, "train-many")
    states = definition["States"]
    assert isinstance(states, dict)
    assert states["Defaults"]["Parameters"] == "${defaults}"
    assert states["NotifyFailure"]["Parameters"]["TopicArn"] == "${topic_arn}"


def test_what_a_directive_may_leave_out_is_there(tmp_path: Path) -> None:
    text = """{"States": {"A": {
        "Type": "Wait",
%{ if seconds != null ~}
        "Seconds": ${seconds},
%{ endif ~}
        "Comment": "a \\"${b}\\" c"
    }}}"""
    path = tmp_path / "terraform/definitions/run_pipeline.asl.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    name, definition = read_source(Project(tmp_path, tmp_path), "run-pipeline")
    assert name == "run_pipeline"
    assert definition["States"] == {"A": {"Type": "Wait", "Seconds": "${seconds}", "Comment": 'a "${b}" c'}}


def test_a_workflow_that_there_is_not() -> None:
    with pytest.raises(WrongUseError, match=r"'gone'.*run_pipeline.*train_many"):
        read_source(PROJECT, "gone")


def test_a_pipeline_is_found_by_its_name_or_as_the_default() -> None:
    assert read_source(PROJECT, None)[0] == "geospatial"
    assert read_source(PROJECT, None, "geocoding")[0] == "geocoding"
    with pytest.raises(WrongUseError, match=r"'gone'.*geocoding, geospatial"):
        read_source(PROJECT, None, "gone")
