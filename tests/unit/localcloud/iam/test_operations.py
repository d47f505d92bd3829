"""Which permissions operations need; each that the local cloud serves has its own in AWS's reference."""

from collections.abc import Iterable

import botocore.session
import pytest

from localcloud.iam.operations import PREFIXES, permissions_of
from localcloud.sagemaker.api import SageMaker

SERVICES = (
    "s3", "sqs", "sns", "lambda", "stepfunctions", "sagemaker", "sagemaker-runtime", "sagemaker-geospatial",
    "sagemaker-metrics",
    "iam", "sts", "logs", "events", "kms", "ecr", "cloudwatch", "scheduler",
    "resourcegroupstaggingapi",
)  # fmt: skip

NOT_IN_REFERENCE = {
    "s3": {
        "CreateSession", "DeleteObjectAnnotation", "GetObjectAnnotation", "ListDirectoryBuckets",
        "ListObjectAnnotations", "PutObjectAnnotation", "RenameObject",
        "UpdateBucketMetadataAnnotationTableConfiguration", "WriteGetObjectResponse",
    },
    "lambda": {
        "DeleteDurableExecution", "DeleteResourcePolicy", "GetResourcePolicy", "PauseDurableExecution",
        "PutResourcePolicy", "ResumeDurableExecution",
    },
    "iam": {
        "AcquireRole", "GetAccountProperties", "GetRoleTemplateVersion", "PutAccountProperties",
        "UpdateDelegationRequest", "UpdateOpenIDConnectProvider",
    },
    "sts": {"GetScopedCredentials"},
    "logs": {
        "DeleteSyslogConfiguration", "GetLogObject", "GetStorageTierPolicy", "ListSyslogConfigurations",
        "PutStorageTierPolicy", "PutSyslogConfiguration",
    },
    "kms": {"Decapsulate", "Encapsulate", "GetKeyLastUsage"},
    "ecr": {
        "DescribeReplicationBackfillResults", "ListImageReferrers", "ListReplicationBackfills",
        "StartReplicationBackfill", "StopReplicationBackfill",
    },
    "cloudwatch": {
        "AssociateDatasetKmsKey", "CreateResourceMetricsConfiguration", "DeleteMetricDataQueryDefinition",
        "DeleteResourceMetricsConfiguration", "DescribeAlarmContributors", "DisassociateDatasetKmsKey",
        "GetDataset", "GetMetricDataQueryDefinition", "GetOTelEnrichment", "GetResourceMetricsConfiguration",
        "ListMetricDataQueryDefinitions", "PutLogAlarm", "PutMetricDataQueryDefinition",
        "StartOTelEnrichment", "StopOTelEnrichment", "UpdateOTelEnrichment",
        "UpdateResourceMetricsConfiguration",
    },
}  # fmt: skip
"""Operations of botocore's models that are newer than the reference, or of services that are not served."""


def served(service: str) -> Iterable[str]:
    if service == "sagemaker":
        return SageMaker.OPERATIONS
    names: Iterable[str] = botocore.session.get_session().get_service_model(service).operation_names
    return names


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_that_is_served_has_permissions_in_the_reference(service: str) -> None:
    operations = set(served(service))
    assert operations
    unlisted = {
        name for name in operations if not all(item.is_listed for item in permissions_of(service, name))
    }
    assert unlisted == NOT_IN_REFERENCE.get(service, set())


@pytest.mark.parametrize("service", SERVICES)
def test_each_permission_has_its_prefix_and_templates_of_arns(service: str) -> None:
    prefix = PREFIXES.get(service, service)
    for name in set(served(service)) - NOT_IN_REFERENCE.get(service, set()):
        for permission in permissions_of(service, name):
            assert permission.action.startswith(f"{prefix}:")
            assert permission.arns
            assert all(arn == "*" or arn.startswith("arn:") for arn in permission.arns.values())


@pytest.mark.parametrize(
    ("service", "operation", "actions"),
    [
        ("s3", "HeadBucket", ["s3:ListBucket"]),
        ("s3", "ListObjectsV2", ["s3:ListBucket"]),
        ("s3", "CopyObject", ["s3:GetObject", "s3:PutObject"]),
        ("lambda", "Invoke", ["lambda:InvokeFunction"]),
        ("stepfunctions", "StartSyncExecution", ["states:StartSyncExecution"]),
        ("sagemaker-runtime", "InvokeEndpoint", ["sagemaker:InvokeEndpoint"]),
        ("kms", "ReEncrypt", ["kms:ReEncryptFrom", "kms:ReEncryptTo"]),
    ],
)
def test_actions_of_operations(service: str, operation: str, actions: list[str]) -> None:
    assert [item.action for item in permissions_of(service, operation)] == actions


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("GetObject", "s3:GetObjectVersion"),
        ("HeadObject", "s3:GetObjectVersion"),
        ("DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
        ("RestoreObject", "s3:RestoreObject"),
    ],
)
def test_a_version_of_an_object_has_actions_of_its_own(operation: str, action: str) -> None:
    assert [item.action for item in permissions_of("s3", operation, {"Bucket", "VersionId"})] == [action]


def test_resources_keys_and_further_actions() -> None:
    (training,) = permissions_of("sagemaker", "CreateTrainingJob")
    assert training.arns["training-job"].endswith(":training-job/${TrainingJobName}")
    assert "sagemaker:InstanceTypes" in training.keys
    assert {"iam:PassRole", "sagemaker:AddTags"} <= {*training.needs}
    (answer,) = permissions_of("stepfunctions", "SendTaskSuccess")
    assert "stateMachine" in answer.arns["statemachine"]
    (buckets,) = permissions_of("s3", "ListBuckets")
    assert [*buckets.arns.values()] == ["arn:${Partition}:s3:::*"]
