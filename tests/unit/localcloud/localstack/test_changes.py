"""What may change a resource of Terraform, and what only works with data and runs."""

import botocore.session
import pytest

from localcloud.localstack.changes import _DATA, Changes, may_change_resources


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutBucketPolicy"),
        ("s3", "PutObjectLockConfiguration"),
        ("s3", "DeleteBucket"),
        ("sqs", "SetQueueAttributes"),
        ("lambda", "UpdateFunctionCode"),
        ("stepfunctions", "UpdateStateMachine"),
        ("sagemaker", "UpdatePipeline"),
        ("sagemaker", "DeleteEndpoint"),
        ("logs", "DeleteLogGroup"),
        ("iam", "PutRolePolicy"),
        ("iam", "TagRole"),
        ("events", "DisableRule"),
        ("new-service", "DoSomething"),
    ],
)
def test_these_may_change_a_resource(service: str, operation: str) -> None:
    assert may_change_resources(service, operation)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "PutObject"),
        ("s3", "DeleteObjects"),
        ("s3", "ListObjectsV2"),
        ("s3", "HeadBucket"),
        ("sqs", "SendMessageBatch"),
        ("lambda", "Invoke"),
        ("stepfunctions", "StartExecution"),
        ("sagemaker", "StartPipelineExecution"),
        ("sagemaker", "CreateTrainingJob"),
        ("sts", "AssumeRole"),
        ("logs", "FilterLogEvents"),
        ("iam", "SimulatePrincipalPolicy"),
    ],
)
def test_these_leave_every_resource_as_it_is(service: str, operation: str) -> None:
    assert not may_change_resources(service, operation)


def test_every_service_of_the_table_exists_and_each_pattern_names_an_operation() -> None:
    session = botocore.session.get_session()
    for service in _DATA:
        names = session.get_service_model(service).operation_names
        assert any(not may_change_resources(service, name) for name in names), service


def test_what_people_change_counts_and_what_roles_do_does_not() -> None:
    changes = Changes()
    changes.add("sagemaker", "CreateModel", "LSIAQAAAAAAVNCBMPNSG")
    changes.add("s3", "PutObject", "AKIAIOSFODNN7EXAMPLE")
    assert changes.count == 0
    changes.add("sagemaker", "CreateModel", "AKIAIOSFODNN7EXAMPLE")
    changes.add("sqs", "SetQueueAttributes", "")
    assert changes.count == 2
