"""The training program and the server of what it has trained."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import WINE, Job

REGEX = re.compile(r"^(accuracy|f1|log_loss)=([0-9.]+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def address(trained: Job) -> Iterator[str]:
    with trained.served() as address:
        yield address


def _invoke(address: str, body: str, accept: str = "application/json", kind: str = "text/csv") -> str:
    request = urllib.request.Request(
        f"{address}/invocations", body.encode(), {"Content-Type": kind, "Accept": accept}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_model_knows_its_columns(trained: Job) -> None:
    about = json.loads(trained.read("model/model.json"))
    assert about["columns"] == WINE.read_text(encoding="utf-8").splitlines()[0].split(",")[:-1]
    assert about["classes"] == [0, 1, 2]


def test_metrics_are_printed_for_sagemaker_to_find(job: Job) -> None:
    job.put("input/data/training/wine.csv", WINE.read_text(encoding="utf-8"))
    done = job.train(n_estimators="5", random_state="1")
    assert done.returncode == 0, done.stderr
    metrics = {name: float(value) for name, value in REGEX.findall(done.stdout)}
    assert set(metrics) == {"accuracy", "f1", "log_loss"}
    assert 0.8 < metrics["accuracy"] <= 1
    assert json.loads(job.read("output/data/metrics.json")) == pytest.approx(metrics, abs=1e-6)


@pytest.mark.parametrize(
    ("hyperparameters", "reason"),
    [
        ({"depth": "3"}, "HyperparameterError: Unknown: depth."),
        ({"max_depth": "deep"}, "HyperparameterError: max-depth: 'deep' is not a number"),
        ({"n_estimators": "0"}, "InvalidParameterError"),
    ],
)
def test_hyperparameters_that_cannot_be_are_the_reason(
    job: Job, hyperparameters: dict[str, str], reason: str
) -> None:
    job.put("input/data/training/wine.csv", WINE.read_text(encoding="utf-8"))
    assert job.train(**hyperparameters).returncode == 1
    assert job.read("output/failure").startswith(reason)


def test_header_or_not_predictions_are_the_same(address: str) -> None:
    header, *rows = WINE.read_text(encoding="utf-8").splitlines()
    named = json.loads(_invoke(address, "\n".join([header, *rows])))["predictions"]
    plain = json.loads(_invoke(address, "\n".join(row.rpartition(",")[0] for row in rows)))["predictions"]
    assert named == plain
    right = sum(str(one["predicted_label"]) == row[-1] for one, row in zip(named, rows, strict=True))
    assert right / len(rows) > 0.95
    assert all(sum(one["probabilities"]) == pytest.approx(1, abs=1e-4) for one in named)


def test_csv_has_one_line_for_each_row(address: str) -> None:
    text = _invoke(address, WINE.read_text(encoding="utf-8"), accept="text/csv")
    lines = text.splitlines()
    assert len(lines) == 178
    assert all(len(line.split(",")) == 4 for line in lines)


@pytest.mark.parametrize(
    ("body", "kind", "accept", "status", "reason"),
    [
        ("1,2,3", "text/csv", "*/*", 400, "Each row must have 13 numbers"),
        ("", "text/csv", "*/*", 400, "no rows"),
        ("{}", "application/json", "*/*", 415, "application/json is not text/csv"),
        (",".join("1" * 13), "text/csv", "image/png", 406, "image/png is neither"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(
    address: str, *, body: str, kind: str, accept: str, status: int, reason: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        _invoke(address, body, accept, kind)
    with refused.value as answer:
        assert answer.code == status
        assert reason in json.loads(answer.read())["error"]


def test_server_without_a_model_ends(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="the server has ended"), Job(tmp_path).served():
        pass
