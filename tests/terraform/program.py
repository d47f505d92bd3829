"""Terraform as the tests run it: on a copy, since it leaves a lock file and a cache beside what it reads."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended and what it said."""

    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Terraform:
    """The program, the driver's environment for it, and a copy of the configuration."""

    program: Path
    environment: dict[str, str]
    tree: Path
    data: Path

    def run(self, folder: str, *arguments: str) -> Outcome:
        """Run one command in a folder of the configuration, the root being `.`."""
        done = subprocess.run(
            [str(self.program), *arguments],
            cwd=self.tree / "terraform" / folder,
            env=self.environment | {"TF_DATA_DIR": str(self.data / folder.replace("/", "-"))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)
