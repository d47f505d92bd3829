import json
from dataclasses import replace
from pathlib import Path

import pytest

from driver.commands.down import Down
from driver.commands.predict import Predict
from driver.commands.status import ShowStatus
from driver.commands.undeploy import Undeploy
from driver.model.exceptions import DeadlineExceededError, DeclinedError, NotDeployedError, WrongUseError
from driver.model.values import Endpoint
from tests.unit.driver.fakes import OUTPUTS, RUNS, Screen, World
from tests.unit.driver.histories import History, training

NAME, CONFIG, MODEL = "sagestep-endpoint", "sagestep-run-1", "sagestep-model-1"
ANSWER = {
    "predictions": [
        {"predicted_label": 0, "probabilities": [0.9, 0.1]},
        {"predicted_label": 1, "probabilities": [0.25, 0.75]},
    ]
}


@pytest.fixture
def serving(world: World) -> World:
    """A deployment with one endpoint."""
    world.deploy(workflows=True)
    world.hosting.states[NAME] = Endpoint(NAME, "InService", CONFIG)
    world.hosting.config_models = {CONFIG: [MODEL], "sagestep-old": ["sagestep-model-0"], "others": []}
    world.hosting.model_names = [MODEL, "sagestep-model-0", "others-model"]
    world.hosting.answer = json.dumps(ANSWER).encode()
    return world


def predict(world: World, endpoint: str | None = None, data: Path | None = None, *rows: str) -> None:
    Predict(world.context())(endpoint, data, rows)


def undeploy(world: World, endpoint: str | None = None, *, yes: bool = True) -> None:
    command = Undeploy(world.context())
    command(endpoint, assume_yes=yes)


def down(world: World, *, yes: bool = True) -> None:
    command = Down(world.context())
    command(assume_yes=yes)


def test_rows_as_typed_are_sent_to_the_only_endpoint(serving: World) -> None:
    predict(serving, None, None, "1,2", "3,4")
    assert serving.hosting.invoked == [(NAME, b"1,2\n3,4\n", "text/csv", "application/json")]
    lines = [line.split() for line in serving.screen.text.splitlines()]
    assert lines == [["row", "prediction", "probability"], ["1", "0", "0.900"], ["2", "1", "0.750"]]


def test_where_the_truth_is_known_it_is_told_how_many_are_right(serving: World, tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("a,target\n1,0\n2,0\n")
    predict(serving, NAME, data)
    assert (
        "1 of 2 predictions equals the column target. That measures the model only if" in serving.screen.text
    )


def test_no_more_rows_are_shown_than_asked_for_and_all_are_counted(serving: World, tmp_path: Path) -> None:
    data = tmp_path / "rows.csv"
    data.write_text("a,target\n1,0\n2,a class\n")
    serving.settings = replace(serving.settings, rows=1)
    predict(serving, NAME, data)
    lines = serving.screen.text.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["row", "1"]
    assert lines[2] == "the first 1 of 2 rows; --rows shows more"
    assert lines[3].startswith("1 of 2 predictions equals")


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("7\n8\n", "7\n8"),
        ('{"predictions": [{"score": 1}]}', '{"predictions": [{"score": 1}]}'),
        ("[1]", "[1]"),
        ("\ufeff\x1b[2J", "\\ufeff\\u001b[2J"),
    ],
)
def test_an_answer_of_another_container_is_told_as_it_is(serving: World, answer: str, shown: str) -> None:
    serving.hosting.answer = answer.encode()
    predict(serving, None, None, "1,2")
    assert serving.screen.text.strip() == shown


def test_it_must_be_clear_what_to_predict_and_with_which_endpoint(serving: World, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("\n")
    with pytest.raises(WrongUseError, match="either --data"):
        predict(serving)
    with pytest.raises(WrongUseError, match="either --data"):
        predict(serving, None, empty, "1")
    with pytest.raises(WrongUseError, match="is empty"):
        predict(serving, None, empty)
    serving.hosting.states["sagestep-two"] = Endpoint("sagestep-two", "InService")
    with pytest.raises(WrongUseError, match="sagestep-endpoint, sagestep-two"):
        predict(serving, None, None, "1")
    predict(serving, "sagestep-two", None, "1,2", "3,4")
    assert serving.hosting.invoked[0][0] == "sagestep-two"


def test_without_an_endpoint_it_says_how_to_get_one(world: World) -> None:
    world.deploy(workflows=True)
    with pytest.raises(NotDeployedError, match="invoke deploy-model"):
        predict(world, None, None, "1")
    world.workspace.keep_outputs({**OUTPUTS, "workflows": {}})
    with pytest.raises(NotDeployedError, match="Run a workflow that makes one"):
        predict(world, None, None, "1")


def test_an_endpoint_goes_with_what_it_was_made_of_and_nothing_else(serving: World) -> None:
    undeploy(serving)
    assert serving.hosting.deleted == [NAME, CONFIG, MODEL]
    assert serving.now >= 2
    assert f"deleted {NAME}, {CONFIG}, {MODEL}" in serving.screen.text


def test_it_is_listed_and_asked_before_anything_is_deleted(serving: World) -> None:
    serving.screen = Screen(answer="no")
    with pytest.raises(DeclinedError):
        undeploy(serving, NAME, yes=False)
    assert f"endpoints: {NAME}" in serving.screen.text
    assert f"models: {MODEL}" in serving.screen.text
    assert serving.hosting.deleted == []
    with pytest.raises(NotDeployedError, match="no endpoint nowhere"):
        undeploy(serving, "nowhere")


def test_an_endpoint_that_does_not_come_to_rest_keeps_its_model(serving: World) -> None:
    serving.hosting.states[NAME] = Endpoint(NAME, "Creating", CONFIG)
    with pytest.raises(DeadlineExceededError, match=NAME):
        undeploy(serving)
    assert serving.hosting.deleted == []


def test_down_lists_and_deletes_what_workflows_made_and_stops_them(serving: World) -> None:
    arn = f"{RUNS.replace('run-pipeline', 'train')}:run-1"
    serving.state_machines.histories[arn] = History(training().events[:6]).events
    serving.screen = Screen(answer="yes")
    down(serving, yes=False)
    text = serving.screen.text
    assert f"endpoints: {NAME}" in text
    assert "workflow execution train/run-1 is RUNNING" in text
    assert serving.state_machines.stops == [arn]
    assert sorted(serving.hosting.deleted) == sorted(
        [NAME, CONFIG, "sagestep-old", MODEL, "sagestep-model-0"]
    )
    assert serving.workspace.resources() == []


def test_status_tells_of_workflows_and_endpoints(serving: World) -> None:
    ShowStatus(serving.context())()
    assert "workflows deploy_model, end_to_end, train, train_many" in serving.screen.text
    assert f"endpoint {NAME} is InService" in serving.screen.text
