"""The container's programs, run as SageMaker would run them."""

import importlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.environments import image_python

ROOT = Path(__file__).resolve().parents[3]
CONTAINER = ROOT / "resources" / "images" / "scikit"
WINE = ROOT / "resources" / "wine.csv"

_SECONDS_TO_START = 30.0


def container_module(name: str) -> ModuleType:
    """Import a module of the container as its programs do: from their own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(CONTAINER)
        return importlib.import_module(name)


def _run(python: str, command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *command],
        cwd=CONTAINER,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@dataclass(frozen=True)
class Job:
    """One container: what is under `/opt/ml`, and what runs there."""

    ml: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"SAGEMAKER_BASE_DIR": str(self.ml)}

    def put(self, path: str, text: str) -> None:
        """Write a file before the job runs."""
        file = self.ml / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Read what the job has left."""
        return (self.ml / path).read_text(encoding="utf-8")

    def process(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the processing program, which needs no more than Python."""
        return _run(sys.executable, ["process.py", *arguments], self.environment)

    def geocode(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the geocoding program: what it needs, the tests of the local cloud need as well."""
        return _run(sys.executable, ["geocode.py", *arguments], self.environment)

    def train(self, **hyperparameters: str) -> subprocess.CompletedProcess[str]:
        """Run the training program, or skip the test where nothing can train."""
        given = {name.replace("_", "-"): value for name, value in hyperparameters.items()}
        self.put("input/config/hyperparameters.json", json.dumps(given))
        return _run(image_python(), ["train.py"], self.environment)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the model as long as the context lasts; gives the server's address."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with subprocess.Popen(
            [image_python(), "serve.py"],
            cwd=CONTAINER,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONDONTWRITEBYTECODE": "1",
                **self.environment,
                "SAGEMAKER_BIND_TO_PORT": str(port),
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        ) as server:
            try:
                _wait_until_ready(f"http://127.0.0.1:{port}/ping", server)
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()


def _wait_until_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except urllib.error.URLError:
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path / "ml")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job that has trained on the sample."""
    job = Job(tmp_path_factory.mktemp("trained"))
    job.put("input/data/training/wine.csv", WINE.read_text(encoding="utf-8"))
    done = job.train(n_estimators="20")
    assert done.returncode == 0, done.stdout + done.stderr
    return job
