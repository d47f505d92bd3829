"""A model in service, as a user has it there: asked, updated under load, restarted, taken away again."""

import json
import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.images import invoke, predict
from tests.integration.processes import linux, processes
from tests.integration.python_page import programs, run_notebook, shown
from tests.integration.stack import Stack
from tests.integration.wire import Cloud, eventually
from tests.integration.workflow_runs import WINE, cloud_of, run, run_workflow, wine

pytestmark = [pytest.mark.integration, linux]

# One stump cannot tell three classes apart; the trees that take its place can.
STUMP = ("n-estimators=1", "max-depth=1")
TREES = ("n-estimators=30",)
SAMPLES = (0, 70, 150)  # a row of each class


def settings(hyperparameters: Sequence[str]) -> list[str]:
    return [part for each in hyperparameters for part in ("--set", f"hyperparameters.{each}")]


def serving(stack: Stack) -> set[int]:
    """Find the processes that serve models."""
    return {pid for pid, command in processes(stack.state / "cloud").items() if " serve.py" in command}


@pytest.fixture(scope="module")
def endpoint(deployed: Stack) -> Iterator[str]:
    """The endpoint with a stump in service, and nothing left of it in the end."""
    yield str(run(deployed, "deploy-model", *settings(STUMP)).output()["endpoint_name"])
    deployed.invoke("undeploy", "--yes", expect=None)


@dataclass
class Load:
    """Asks an endpoint all the time, a few threads at once; what is answered, and what fails."""

    cloud: Cloud
    endpoint: str
    answers: list[list[list[int]]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        rows, _ = wine()
        body = "".join(f"{rows[number]}\n" for number in SAMPLES)
        answers: list[list[int]] = []
        self.answers.append(answers)
        while not self.is_over.wait(0.02):
            try:
                answered = predict(self.cloud, self.endpoint, body)["predictions"]
            except Exception as error:  # whatever it is, it must not be
                self.failures.append(error)
                return
            answers.append([row["predicted_label"] for row in answered])

    def __enter__(self) -> "Load":
        self.threads = [threading.Thread(target=self.ask) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)


def test_a_live_endpoint_is_updated_without_one_failed_request(deployed: Stack, endpoint: str) -> None:
    with Load(cloud_of(deployed), endpoint) as load:
        before = serving(deployed)
        updated = run(deployed, "deploy-model", *settings(TREES)).output()
        told = [len(answers) for answers in load.answers]
        # A thread that met a failure asks no more: it must not look as if it were slow.
        eventually(
            lambda: (
                load.failures
                or all(len(answers) > before + 3 for answers, before in zip(load.answers, told, strict=True))
            ),
            seconds=90,  # longer than InvokeEndpoint waits for a model: a request that hangs tells so, too
        )
    assert not load.failures
    _, classes = wine()
    old, new = load.answers[0][0], [classes[number] for number in SAMPLES]
    assert old != new
    for answers in load.answers:
        turned = answers.index(new)
        assert set(map(tuple, answers[:turned])) == {tuple(old)}
        assert set(map(tuple, answers[turned:])) == {tuple(new)}  # once the new model, never the old again
    described = deployed.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == updated["endpoint_config_name"]
    eventually(lambda: before & serving(deployed), lambda left: not left)


def test_the_best_model_of_a_tuning_job_takes_the_endpoints_place(deployed: Stack, endpoint: str) -> None:
    trees = {"Name": "n-estimators", "MinValue": "5", "MaxValue": "30", "ScalingType": "Linear"}
    ranges = {"IntegerParameterRanges": [trees]}
    limits = {"max_number_of_training_jobs": 3, "max_parallel_training_jobs": 3}
    tuned = run_workflow(deployed, "tune", parameter_ranges=ranges, **limits).output()
    best, trials = tuned["best"], tuned["trials"]
    assert [trial["status"] for trial in trials] == ["Completed"] * 3
    assert best["value"] == max(trial["value"] for trial in trials) > 0.8
    assert all(trial["name"].startswith(f"{tuned['tuning_job_name']}-00") for trial in trials)
    updated = run(deployed, "deploy-model", "--set", f"model_data={best['model_data']}").output()
    assert (updated["endpoint_name"], updated["training_job_name"]) == (endpoint, "")
    model = deployed.sagemaker.describe_model(ModelName=updated["model_name"])
    assert model["PrimaryContainer"]["ModelDataUrl"] == best["model_data"]


def test_python_asks_the_endpoint_as_its_page_says(deployed: Stack, endpoint: str, tmp_path: Path) -> None:
    (program,) = programs()["Endpoints"]
    *_, asked, known = run_notebook(
        deployed,
        tmp_path,
        ["from driver import Project; project = Project()", program, "predictions, answer, endpoint.name"],
    )
    assert shown(asked, "stdout") == "InService\n"
    assert "predicted_label" in shown(known, "text/plain")
    assert endpoint in shown(known, "text/plain")


def test_what_is_predicted_is_shown_with_what_is_known(
    deployed: Stack, endpoint: str, tmp_path: Path
) -> None:
    rows, classes = wine()
    shown = deployed.invoke("predict", "--data", str(WINE), "--rows", "1000").output
    cells = [re.findall(r"[\d.]+", line) for line in shown.splitlines() if re.match(r"\W*\d+\W+\d\W", line)]
    assert [int(target) for *_, target in cells] == classes
    asked = predict(cloud_of(deployed), endpoint, "".join(f"{row}\n" for row in rows))["predictions"]
    assert [int(label) for _, label, *_ in cells] == [answer["predicted_label"] for answer in asked]
    right = sum(label == target for _, label, _, target in cells)
    assert f"{right} of {len(classes)} predictions equal the column target." in shown
    assert all(float(probability) > 1 / 3 for _, _, probability, _ in cells)
    one = deployed.invoke("predict", "--row", rows[SAMPLES[1]]).output
    assert re.search(r"\W1\W+1\W", one)
    unfit = tmp_path / "rows.csv"
    unfit.write_text("1,2,3\n", encoding="utf-8")
    refused = deployed.invoke("predict", "--data", str(unfit), expect=1).output
    for words in ("Status 400", "13 numbers", f"/aws/sagemaker/Endpoints/{endpoint}"):
        assert words in refused


def test_a_container_that_dies_is_replaced_and_the_endpoint_answers_again(
    deployed: Stack, endpoint: str
) -> None:
    rows, _ = wine()
    before = serving(deployed)
    assert before
    for pid in before:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:  # one may end with the other
            continue
    cloud = cloud_of(deployed)

    def answered() -> str:
        try:
            return str(json.loads(invoke(cloud, endpoint, rows[0])["Body"])["predictions"][0])
        except cloud.sagemaker.exceptions.ClientError as error:
            return f"error: {error}"

    assert "predicted_label" in eventually(answered, lambda said: not said.startswith("error"))
    assert serving(deployed)
    assert not before & serving(deployed)
    described = deployed.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointStatus"] == "InService"


def test_an_endpoint_is_taken_out_of_service_with_all_it_was_made_of(deployed: Stack, endpoint: str) -> None:
    config = deployed.sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    asked = deployed.invoke("undeploy", expect=2).output
    assert endpoint in asked
    assert config in asked
    deployed.invoke("undeploy", "--yes")
    endpoints = deployed.sagemaker.list_endpoints()["Endpoints"]
    assert endpoint not in [item["EndpointName"] for item in endpoints]
    configs = deployed.sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert config not in [item["EndpointConfigName"] for item in configs]
    eventually(lambda: serving(deployed), lambda left: not left)
    assert "invoke deploy-model" in deployed.invoke("predict", "--data", str(WINE), expect=3).output
