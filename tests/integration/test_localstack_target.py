"""Target `localstack` where nothing can be deployed; test_scenario.py has one that works."""

from pathlib import Path

import pytest

from tests.integration.stack import Stack, free_port, local_cloud

pytestmark = pytest.mark.integration

WITHOUT_OURS = "s3,sqs,lambda,iam,sts,logs,events"


def test_it_is_refused_before_terraform_where_sagemaker_is_missing(tmp_path: Path) -> None:
    with local_cloud(tmp_path, "--services", WITHOUT_OURS) as port:
        stack = Stack(tmp_path / "home", port, target="localstack", cloud_state=tmp_path / "state")
        result = stack.invoke("up", expect=3)
        assert "SageMaker" in result.output
        assert "localcloud" in result.output
        assert not (stack.state / "terraform.tfstate").exists()
        assert stack.s3.list_buckets()["Buckets"] == []


def test_nothing_at_the_address_is_said(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "home", free_port(), target="localstack")
    assert str(stack.port) in stack.invoke("up", expect=3).output
