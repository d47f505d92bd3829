from pathlib import Path

import pytest

from driver.inspection.graph.definitions import read_source
from driver.model.exceptions import WrongUseError
from tests.unit.driver.inspection.graph.machines import RESOURCES


def test_placeholders_stay_as_they_are() -> None:
    _, definition = read_source(RESOURCES, "train-many")
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
    (tmp_path / "run_pipeline.asl.json").write_text(text)
    name, definition = read_source(tmp_path, "run-pipeline")
    assert name == "run_pipeline"
    assert definition["States"] == {"A": {"Type": "Wait", "Seconds": "${seconds}", "Comment": 'a "${b}" c'}}


def test_a_workflow_that_there_is_not() -> None:
    with pytest.raises(WrongUseError, match=r"'gone'.*run_pipeline.*train_many"):
        read_source(RESOURCES, "gone")
