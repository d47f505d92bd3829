"""`invoke up` and `invoke down` against Terraform itself, and the pipeline's pace on what is deployed."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.table import Goal, Row, repeated
from driver.packages import build_packages
from driver.terraform_binary import find_terraform
from driver.terraform_environment import terraform_environment, without_aws_settings
from tests.integration.executions import start_execution, status
from tests.integration.stack import ROOT, Stack, free_port, local_cloud

AT_ONCE = 50
RUNS = 5


def measure(folder: Path, deployed: Callable[[Stack], Iterator[Row]]) -> Iterator[Row]:
    """Deploy and destroy with the driver and without it; hand the driver's deployment on in between."""
    stack = Stack(folder / "driver", free_port())
    up = _seconds(lambda: stack.invoke("up", timeout=600))
    try:
        yield from _pace(stack)
        yield from deployed(stack)
    finally:
        down = _seconds(lambda: stack.invoke("down", "--yes", timeout=600))
    with local_cloud(folder / "bare") as port:
        apply, destroy = _bare_terraform(folder / "bare", f"http://127.0.0.1:{port}")
    terraform = "bare init + apply"
    yield Row("invoke up, local cloud's start included (s)", [up], (terraform, [apply]), Goal(1.05))
    yield Row("invoke down, its stop included (s)", [down], ("bare destroy", [destroy]), Goal(1.05))


def _pace(stack: Stack) -> Iterator[Row]:
    runs = repeated(RUNS, lambda: _seconds(lambda: stack.invoke("run-pipeline")))
    yield Row("invoke run-pipeline, 200 rows (s)", runs, goal=Goal(5))
    yield Row(f"{AT_ONCE} executions at once (s)", [_seconds(lambda: _run_at_once(stack))])


def _run_at_once(stack: Stack) -> None:
    """Start many executions and wait for all of them; each must succeed."""
    with ThreadPoolExecutor(8) as threads:
        running = set(threads.map(lambda _: start_execution(stack), range(AT_ONCE)))
    deadline = time.monotonic() + 300
    while running:
        assert time.monotonic() < deadline, f"{len(running)} executions still run"
        for execution in sorted(running):
            if (seen := status(stack, execution)) != "Executing":
                assert seen == "Succeeded", f"{execution}: {seen}"
                running.remove(execution)
        time.sleep(0.2)


def _bare_terraform(folder: Path, endpoint: str) -> tuple[float, float]:
    """Apply and destroy the same root with nothing around Terraform; gives the seconds of each."""
    build_packages(ROOT / "lambda_src", folder / "packages")
    program = find_terraform(folder / "bin")
    environment = terraform_environment(folder, without_aws_settings(os.environ))
    environment["TF_DATA_DIR"] = str(folder / "terraform-data")
    variables = {
        "endpoint_url": endpoint,
        "lambda_package_directory": folder / "packages",
        "force_destroy": "true",
    }
    flags = [f"-var={name}={value}" for name, value in variables.items()]

    def terraform(*arguments: str) -> None:
        subprocess.run(
            [program, f"-chdir={ROOT / 'terraform'}", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def deploy() -> None:
        terraform("init", f"-backend-config=path={folder / 'terraform.tfstate'}", "-reconfigure")
        terraform("apply", "-auto-approve", *flags)

    return _seconds(deploy), _seconds(lambda: terraform("destroy", "-auto-approve", *flags))


def _seconds(do: Callable[[], object]) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started
