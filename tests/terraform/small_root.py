"""A configuration of resources that Terraform itself provides: applied in a second, without any provider."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from driver.deployments.workspace import Workspace
from driver.host.processes import HostProcesses
from driver.model.choices import TargetName
from driver.model.values import Deployment
from driver.terraform.events import Applied, Event
from driver.terraform.infrastructure import Infrastructure
from driver.terraform.orphans import ProcessRecords
from driver.terraform.process import ChildProcess
from driver.terraform.state_store import StateStore

SOURCE = """
terraform {
  backend "local" {}
}

variable "number" {}
variable "region" {}
variable "endpoint_url" {}
variable "lambda_package_directory" {}
variable "force_destroy" {}

resource "terraform_data" "this" {
  count = var.number
  input = join("", [for _ in range(100) : "0123456789"])
}

output "number" {
  value = length(terraform_data.this)
}
"""


@dataclass
class SmallRoot:
    """The configuration, deployed with the driver's own Terraform adapter."""

    folder: Path
    program: Path
    environment: Mapping[str, str]
    source: Path
    store: StateStore | None = None
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.folder / "local")
        self.source.mkdir(parents=True, exist_ok=True)
        (self.source / "main.tf").write_text(SOURCE)

    @property
    def state_store(self) -> StateStore:
        return self.store or StateStore(self.workspace, None, lambda: (self.program, self.environment))

    @property
    def infrastructure(self) -> Infrastructure:
        return Infrastructure(
            program=self.program,
            root=self.source,
            package_directory=self.folder / "packages",
            project_directory=self.folder,
            workspace=self.workspace,
            environment={**self.environment, "TF_DATA_DIR": str(self.workspace.data_directory)},
            store=self.state_store,
            open_process=partial(
                ChildProcess, ProcessRecords(self.workspace.processes_directory, HostProcesses())
            ),
        )

    def deployment(self, number: int) -> Deployment:
        return Deployment(TargetName.LOCAL, "us-west-2", "000000000000", variables={"number": number})

    def apply(self, number: int) -> Applied:
        infrastructure = self.infrastructure
        infrastructure.init(self.events.append)
        return infrastructure.apply(self.deployment(number), self.events.append)

    def destroy(self) -> int:
        infrastructure = self.infrastructure
        infrastructure.init(self.events.append)
        return infrastructure.destroy(self.deployment(0), self.events.append).remove


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small disk, where that is permitted."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            [
                shutil.which("mount") or "mount",
                "-t",
                "tmpfs",
                "-o",
                f"size={size}",
                "sagestep-test",
                str(folder),
            ],
            check=False,
            stderr=subprocess.DEVNULL,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)


@contextmanager
def filled(folder: Path, leave: int) -> Iterator[None]:
    """Fill a disk but for so many bytes."""
    found = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(b"x" * (found.f_bavail * found.f_frsize - leave))
    try:
        yield
    finally:
        filler.unlink()
