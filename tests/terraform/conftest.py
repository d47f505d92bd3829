"""One copy of the configuration, and the program, for all tests of a run."""

import os
import shutil
from pathlib import Path

import pytest

from driver.terraform.binary import find_terraform
from driver.terraform.environment import MIRROR_VARIABLE, terraform_environment

from .program import ROOT, Terraform


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform, ready for `init`."""
    folder = tmp_path_factory.mktemp("terraform")
    tree = folder / "tree"
    leftovers = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    for name in ("terraform", "resources", "lambda_src"):
        shutil.copytree(ROOT / name, tree / name, ignore=leftovers)
    mirror = os.environ.get(MIRROR_VARIABLE)
    return Terraform(
        program=find_terraform(folder),
        environment=terraform_environment(folder, os.environ, Path(mirror) if mirror else None),
        tree=tree,
        data=folder / "data",
    )
