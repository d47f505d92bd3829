"""`invoke up` and `invoke down` against Terraform itself."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.table import Goal, Row, seconds
from driver.terraform.binary import find_terraform
from driver.terraform.environment import terraform_environment, without_aws_settings
from driver.terraform.packages import build_packages
from tests.integration.stack import ROOT, Keys, Stack, free_port, keys_in, local_cloud, make_role


def measure(folder: Path, deployed: Callable[[Stack], Iterator[Row]]) -> Iterator[Row]:
    """Deploy and destroy with the driver and without it; hand the driver's deployment on in between."""
    stack = Stack(folder / "driver", free_port())
    up = seconds(lambda: stack.invoke("up", timeout=600))
    make_role(stack.state / "cloud", stack.port)
    try:
        yield from deployed(stack)
    finally:
        down = seconds(lambda: stack.invoke("down", "--yes", timeout=600))
    with local_cloud(folder / "bare") as port:
        keys = keys_in(folder / "bare" / "state")
        assert keys is not None
        apply, destroy = _bare_terraform(folder / "bare", f"http://127.0.0.1:{port}", keys)
    starts = [_start(folder / f"start-{number}") for number in range(3)]
    yield Row("the local cloud, from its start until all of it can be used (s)", starts)
    terraform = "bare init + apply"
    yield Row("invoke up, local cloud's start included (s)", [up], (terraform, [apply]), Goal(1.05))
    yield Row("invoke down, its stop included (s)", [down], ("bare destroy", [destroy]), Goal(1.05))


def _start(folder: Path) -> float:
    """Give the seconds that a local cloud takes to start, in a folder that none has used."""
    began = time.perf_counter()
    with local_cloud(folder):
        return time.perf_counter() - began


def _bare_terraform(folder: Path, endpoint: str, keys: Keys) -> tuple[float, float]:
    """Apply and destroy the same root with nothing around Terraform; gives the seconds of each."""
    build_packages(ROOT / "lambda_src", folder / "packages")
    program = find_terraform(folder / "bin")
    environment = terraform_environment(folder, without_aws_settings(os.environ))
    environment |= keys.variables | {"TF_DATA_DIR": str(folder / "terraform-data")}
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

    return seconds(deploy), seconds(lambda: terraform("destroy", "-auto-approve", *flags))
