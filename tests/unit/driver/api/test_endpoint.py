import json
from pathlib import Path

import pytest

from driver.api.endpoint import Endpoint
from driver.api.session import Session, silent
from driver.model.exceptions import EnvironmentNotReadyError, WorkFailedError, WrongUseError
from tests.unit.driver.fakes import World

ANSWER = {"predictions": [{"predicted_label": 1, "probabilities": [0.25, 0.75]}]}


@pytest.fixture
def endpoint(world: World) -> Endpoint:
    world.deploy(workflows=True)
    world.hosting.answer = json.dumps(ANSWER).encode()
    return Endpoint(Session(world.context(silent(None))), "sagestep-wine")


def test_rows_and_files_are_sent_as_csv(world: World, endpoint: Endpoint, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("5,6\n")
    (prediction,) = endpoint.predict([[1, 2.5], ["a,b", None]])
    assert (prediction.label, prediction.probabilities) == ("1", (0.25, 0.75))
    assert endpoint.predict(path) == endpoint.predict(str(path)) == [prediction]
    bodies = [body for _, body, content_type, _ in world.hosting.invoked if content_type == "text/csv"]
    assert bodies == [b'1,2.5\n"a,b",\n', b"5,6\n", b"5,6\n"]


def test_another_answer_is_told_and_given_as_it_is(world: World, endpoint: Endpoint) -> None:
    world.hosting.answer = b"0.5"
    with pytest.raises(WorkFailedError, match=r"begins with '0.5'.*Endpoint.invoke"):
        endpoint.predict([[1]])
    assert endpoint.invoke(b"{}", content_type="application/json", accept="text/plain") == b"0.5"
    assert world.hosting.invoked[-1] == ("sagestep-wine", b"{}", "application/json", "text/plain")


def test_nothing_to_predict_is_refused(endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="no rows"):
        endpoint.predict([])
    with pytest.raises(EnvironmentNotReadyError, match=r"gone\.csv"):
        endpoint.predict(tmp_path / "gone.csv")
