import os
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.program import Program

from driver.cli.namespace import tasks_of

ROOT = Path(__file__).resolve().parents[4]
ALL = [
    "attach",
    "config",
    "deploy-model",
    "doctor",
    "down",
    "env",
    "executions",
    "graph",
    "hello",
    "image",
    "images",
    "logs",
    "new",
    "outputs",
    "pause",
    "permissions",
    "plan",
    "predict",
    "process",
    "redeliver",
    "redrive",
    "report",
    "run",
    "run-pipeline",
    "scenario",
    "snapshot",
    "status",
    "stop",
    "sync",
    "train",
    "train-many",
    "tune",
    "undeploy",
    "up",
    "validate",
    "workflows",
]
READING = {
    "config",
    "doctor",
    "env",
    "permissions",
    "plan",
    "executions",
    "graph",
    "hello",
    "images",
    "logs",
    "outputs",
    "predict",
    "report",
    "snapshot",
    "status",
    "validate",
    "workflows",
    *("run", "attach", "train", "train-many", "tune", "process", "deploy-model"),
}
Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def namespace() -> Collection:
    """The tasks, loaded anew: invoke takes the help out of a task when it reads it."""
    collection = runpy.run_path(str(ROOT / "tasks.py"))["namespace"]
    assert isinstance(collection, Collection)
    return collection


@pytest.fixture
def run(
    namespace: Collection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command line in a folder of its own; returns the exit code and all that was said."""
    for name in [name for name in os.environ if name.startswith("SAGESTEP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SAGESTEP_HOME", str(tmp_path))

    def invoke(line: str) -> tuple[int, str]:
        code = 0
        try:
            Program(namespace=namespace).run(["invoke", *line.split()])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return invoke


def test_these_are_the_tasks(namespace: Collection) -> None:
    assert sorted(namespace.task_names) == ALL


@pytest.mark.parametrize("name", ALL)
def test_every_task_and_every_flag_has_help(namespace: Collection, name: str) -> None:
    task = namespace[name]
    assert task.__doc__
    arguments = task.get_arguments()
    names = {argument.name for argument in arguments}
    assert {"target", "env", "debug", "quiet", "verbose"} <= names
    assert ("json" in names) == (name in READING)
    assert [argument.name for argument in arguments if not argument.help] == []


@pytest.mark.parametrize("name", ALL)
def test_the_target_has_the_same_letter_everywhere(namespace: Collection, name: str) -> None:
    letters = {argument.name: argument.nicknames for argument in namespace[name].get_arguments()}
    assert letters["target"] == ("t",)
    assert letters["env"] == ("e",)


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("status", 0, "invoke up"),
        ("config", 0, "default"),
        ("config --rows many", 2, "--rows"),
        ("plan --region mars", 1, "--region"),
        ("outputs", 0, "invoke up"),
        ("run-pipeline", 3, "invoke up"),
        ("attach --execution abcdefghijkl", 3, "invoke up"),
        ("stop", 3, "invoke up"),
        ("executions", 3, "invoke up"),
        ("hello", 3, "invoke up"),
        ("down", 0, "nothing to destroy"),
        ("down --keep everything", 2, "state-machines"),
        ("scenario", 2, "--yes"),
        ("workflows", 0, "invoke up"),
        ("workflows --workflow train", 0, "invoke run --workflow train --set"),
        ("workflows --workflow trian", 2, "train_many"),
        ("run", 2, "--workflow"),
        ("run --workflow train", 3, "invoke up"),
        ("run --workflow train --timeout soon", 2, "--timeout"),
        ("train --set a=1 --set b=2", 3, "invoke up"),
        ("train-many", 3, "invoke up"),
        ("process --data nowhere.csv", 3, "invoke up"),
        ("deploy-model", 3, "invoke up"),
        ("predict", 2, "--row"),
        ("predict --row 1,2 --row 3,4", 3, "invoke up"),
        ("predict --data nowhere.csv", 3, "nowhere.csv"),
        ("undeploy --yes", 3, "invoke up"),
        ("image", 3, "invoke up"),
        ("logs", 3, "invoke up"),
        ("logs --follow --json", 2, "--follow has no end"),
        ("logs --limit none", 2, "--limit"),
        ("report", 3, "invoke up"),
        ("graph --workflow nothing", 2, "train_many"),
        ("graph --output picture.txt", 2, ".svg"),
        ("run-pipeline --input s3://bucket/", 3, "invoke up"),
        ("run-pipeline --parallel 0", 2, "--parallel"),
        ("up --target azure", 2, "local, localstack, aws"),
        ("up --port 0", 2, "--port"),
        ("up --region mars", 2, "--region"),
        (
            "up --open --allow-origin http://good.example --allow-origin good.example",
            2,
            "--allow-origin is 'good",
        ),
        (
            "config --open --allow-origin http://a.example --allow-origin http://b.example",
            0,
            "a.example, http",
        ),
        ("env", 3, "The local cloud does not run"),
        ("env --target aws", 2, "invoke env"),
        ("up --geocoder processing", 2, "--pipeline geocoding"),
        ("status --env Staging", 2, "--env"),
        ("run-pipeline --env staging", 3, "invoke up --env staging"),
        ("run-pipeline --timeout soon", 2, "--timeout"),
        ("run-pipeline --rows -1", 2, "--rows"),
        ("executions --limit 0", 2, "--limit"),
        ("executions --limit many", 2, "--limit"),
    ],
)
def test_a_command_ends_in_its_exit_code_and_says_why(run: Run, line: str, code: int, words: str) -> None:
    ended, said = run(line)
    assert ended == code
    assert words in said
    assert "Traceback" not in said


def test_a_target_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGESTEP_TARGET", "aws")
    assert "target aws is not deployed" in run("status")[1].lower()
    assert "target local is not deployed" in run("status --target local")[1].lower()


def test_debug_shows_where_an_error_comes_from_and_what_was_requested(run: Run) -> None:
    said = run("run-pipeline --debug")[1]
    assert "Traceback" in said
    assert "requests: none" in said


def test_a_project_has_the_short_ways_of_its_own_workflows(tmp_path: Path) -> None:
    (tmp_path / "resources/workflows/train").mkdir(parents=True)
    names = set(tasks_of(str(tmp_path / "tasks.py")).task_names)
    assert set(ALL) - names == {"train-many", "tune", "process", "deploy-model"}
