"""Records on the wire: a foreign Terraform root, and the number of operations that answer."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from driver.terraform.binary import find_terraform
from driver.terraform.environment import terraform_environment, without_aws_settings
from tests.integration.wire import REGION, Cloud

pytestmark = pytest.mark.integration

ROOT = Path(__file__).with_name("records")
PAGE = Path(__file__).parents[2] / "docs/fidelity.md"


def test_a_foreign_root_is_applied_and_planned_empty_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path, dirs_exist_ok=True)
    environment = terraform_environment(tmp_path, without_aws_settings(os.environ))
    environment |= {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud.port}"} | cloud.stack.keys.variables
    program = find_terraform(tmp_path / "bin")

    def run(*arguments: str) -> str:
        command = [str(program), *arguments, "-no-color", "-input=false"]
        found = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    run("init")
    assert "34 added" in run("apply", "-auto-approve")
    assert "No changes." in run("plan", "-detailed-exitcode")
    assert "34 destroyed" in run("destroy", "-auto-approve", "-refresh=false")
    log = (cloud.folder / "log").read_text()
    assert log.count("domain/d-") == 1  # told once
    assert "is a record: it is described and listed, and nothing runs." in log


def test_the_page_counts_the_operations_that_answer(cloud: Cloud) -> None:
    keys = cloud.stack.keys
    sagemaker = boto3.client(
        "sagemaker",
        REGION,
        endpoint_url=f"http://127.0.0.1:{cloud.port}",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=Config(parameter_validation=False, retries={"max_attempts": 0}),
    )
    model = sagemaker.meta.service_model
    here = {name for name in model.operation_names if _answers(sagemaker, model.operation_model(name))}
    page = PAGE.read_text(encoding="utf-8")
    counts = re.search(r"local cloud has (\d+)\. (\d+) of them do .* (\d+) are told only", page)
    assert counts is not None
    assert len(here) == int(counts[1]) == int(counts[2]) + int(counts[3])
    told_only = set(_told_only(page))
    assert told_only <= here
    assert len(told_only) == int(counts[3]) >= 150


def _answers(sagemaker: BaseClient, operation: OperationModel) -> bool:
    """Ask for nothing in particular, and see whether that is HTTP 501."""
    try:
        getattr(sagemaker, xform_name(operation.name))()
    except ClientError as error:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] != 501)
    return True


def _told_only(page: str) -> Iterator[str]:
    """Name the operations of the page's table of records."""
    for noun, operations in re.findall(r"^\| (\w+) \| told only \| ([\w, ]+) \|", page, re.MULTILINE):
        for verb in operations.split(", "):
            plural = "CodeRepositories" if noun == "CodeRepository" else f"{noun}s"
            yield f"List{plural}" if verb == "List" else f"{verb}{noun}"
    for line in re.findall(r"^Beside them: (.+)\.$", page, re.MULTILINE):
        yield from line.split(", ")
