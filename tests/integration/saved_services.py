"""What the tests of the saved state put into each service, and how they see that it is there again."""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration import saved_endpoints as endpoints
from tests.integration.images import IMAGE, model, put_data, read, tuning
from tests.integration.wire import ROLE, Cloud, eventually, fail_step, package, unique

NODE = "export const handler = async (event) => ({ ...event, node: true })\n"


@dataclass(frozen=True)
class Kept:
    """Something that a service holds: how it is made, and how it is seen to work after a kill."""

    make: Callable[[Cloud], Any]
    check: Callable[[Cloud, Any], None]


def _records(cloud: Cloud) -> Any:
    group = unique("features")
    cloud.sagemaker.create_feature_group(
        FeatureGroupName=group,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "String"},
            {"FeatureName": "at", "FeatureType": "String"},
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )
    return group


def _see_records(cloud: Cloud, group: Any) -> None:
    assert (
        cloud.sagemaker.describe_feature_group(FeatureGroupName=group)["RecordIdentifierFeatureName"] == "id"
    )
    found = cloud.sagemaker.search(Resource="FeatureGroup")["Results"]
    assert [item["FeatureGroup"]["FeatureGroupName"] for item in found] == [group]


def _experiment(cloud: Cloud) -> Any:
    name, component = unique("experiment"), unique("component")
    cloud.sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "a", "Value": "b"}])
    cloud.sagemaker.create_trial(TrialName=name, ExperimentName=name)
    cloud.sagemaker.create_trial_component(TrialComponentName=component)
    cloud.sagemaker.associate_trial_component(TrialComponentName=component, TrialName=name)
    loss = {"MetricName": "loss", "Timestamp": time.time(), "Value": 0.5}
    cloud.stack.client("sagemaker-metrics").batch_put_metrics(TrialComponentName=component, MetricData=[loss])
    return name, component


def _see_experiment(cloud: Cloud, made: Any) -> None:
    name, component = made
    found = cloud.sagemaker.list_trial_components(TrialName=name)["TrialComponentSummaries"]
    assert [item["TrialComponentName"] for item in found] == [component]
    (loss,) = cloud.sagemaker.describe_trial_component(TrialComponentName=component)["Metrics"]
    assert (loss["MetricName"], loss["Last"]) == ("loss", 0.5)
    arn = cloud.sagemaker.describe_experiment(ExperimentName=name)["ExperimentArn"]
    assert cloud.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]


def _versions(cloud: Cloud) -> Any:
    name = cloud.create(fail_step("first"))
    changed = json.dumps({"Version": "2020-12-01", "Steps": [fail_step("second")]})
    cloud.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=changed)
    return name


def _see_versions(cloud: Cloud, name: Any) -> None:
    listed = cloud.sagemaker.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert sorted(item["PipelineVersionId"] for item in listed) == [1, 2]
    described = cloud.sagemaker.describe_pipeline(PipelineName=name, PipelineVersionId=1)
    assert "first" in described["PipelineDefinition"]


def _package(cloud: Cloud) -> Any:
    group = unique("packages")
    cloud.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    described = cloud.sagemaker.describe_model(ModelName=model(cloud, "packed"))["PrimaryContainer"]
    specification: Any = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": described["ModelDataUrl"]}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return cloud.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification
    )["ModelPackageArn"]


def _see_package(cloud: Cloud, arn: Any) -> None:
    described = cloud.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelPackageVersion"] == 1


def _tuning(cloud: Cloud) -> Any:
    request = tuning(put_data(cloud, "1,2"), most=1)
    name = request["HyperParameterTuningJobName"]
    cloud.sagemaker.create_hyper_parameter_tuning_job(**request)
    eventually(lambda: _tuned(cloud, name)["HyperParameterTuningJobStatus"], "Completed".__eq__)
    return name


def _see_tuning(cloud: Cloud, name: Any) -> None:
    assert _tuned(cloud, name)["TrainingJobStatusCounters"]["Completed"] == 1
    best = _tuned(cloud, name)["BestTrainingJob"]["TrainingJobName"]
    archive = cloud.sagemaker.describe_training_job(TrainingJobName=best)["ModelArtifacts"]
    assert read(cloud, archive["S3ModelArtifacts"])


def _tuned(cloud: Cloud, name: str) -> Any:
    return cloud.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)


def _running_tuning(cloud: Cloud) -> Any:
    request = tuning(put_data(cloud, "1,2"), most=1, seconds="60")
    name = request["HyperParameterTuningJobName"]
    cloud.sagemaker.create_hyper_parameter_tuning_job(**request)
    eventually(lambda: _tuned(cloud, name)["TrainingJobStatusCounters"].get("InProgress"))
    return name


def _see_failed_tuning(cloud: Cloud, name: Any) -> None:
    described = _tuned(cloud, name)
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert "local cloud stopped" in described["FailureReason"]
    assert described["TrainingJobStatusCounters"]["InProgress"] == 0


def _geospatial(cloud: Cloud) -> Any:
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="in.csv", Body=b"Longitude,Latitude\n-149.8997,61.2176\n")
    job = cloud.start_job(bucket, "in.csv")
    eventually(lambda: cloud.job_status(job), "COMPLETED".__eq__)
    return bucket, job


def _see_geospatial(cloud: Cloud, made: Any) -> None:
    bucket, job = made
    cloud.export(job, f"s3://{bucket}/out/")
    eventually(
        lambda: cloud.geospatial.get_vector_enrichment_job(Arn=job).get("ExportStatus"), "SUCCEEDED".__eq__
    )


def _keys(cloud: Cloud) -> Any:
    kms, made = cloud.stack.client("kms"), {}
    for spec in ("SYMMETRIC_DEFAULT", "RSA_2048"):
        key = kms.create_key(KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["KeyId"]
        algorithm = "RSAES_OAEP_SHA_256" if spec == "RSA_2048" else spec
        made[key] = (
            algorithm,
            kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionAlgorithm=algorithm)["CiphertextBlob"],
        )
    kms.create_alias(AliasName="alias/kept", TargetKeyId=next(iter(made)))
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = kms.sign(KeyId=signing, Message=b"word", SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    return made, signing, signed


def _see_keys(cloud: Cloud, found: Any) -> None:
    kms, (made, signing, signed) = cloud.stack.client("kms"), found
    for key, (algorithm, blob) in made.items():
        answer = kms.decrypt(KeyId=key, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)
        assert answer["Plaintext"] == b"secret"
    assert kms.describe_key(KeyId="alias/kept")["KeyMetadata"]["KeyId"] in made
    assert kms.verify(KeyId=signing, Message=b"word", Signature=signed, SigningAlgorithm="ECDSA_SHA_256")[
        "SignatureValid"
    ]


def _topic(cloud: Cloud) -> Any:
    topic, queue = cloud.sns.create_topic(Name=unique("topic"))["TopicArn"], cloud.queue()
    cloud.let("sns", cloud.queue_arn(queue))
    cloud.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=cloud.queue_arn(queue))
    return topic, queue


def _see_topic(cloud: Cloud, made: Any) -> None:
    topic, queue = made
    cloud.sns.publish(TopicArn=topic, Message="news")
    assert cloud.receive(queue)["Message"] == "news"


def _schedule(cloud: Cloud) -> Any:
    name, queue = unique("rule"), cloud.queue()
    cloud.let("events", cloud.queue_arn(queue))
    cloud.events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    cloud.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": cloud.queue_arn(queue)}])
    return name


def _see_schedule(cloud: Cloud, name: Any) -> None:
    described = cloud.events.describe_rule(Name=name)
    assert (described["ScheduleExpression"], described["State"]) == ("rate(1 minute)", "ENABLED")
    cloud.events.disable_rule(Name=name)
    cloud.events.enable_rule(Name=name)  # both need its job
    cloud.events.remove_targets(Rule=name, Ids=["queue"])
    cloud.events.delete_rule(Name=name)


def _scheduled(cloud: Cloud) -> Any:
    scheduler, name = cloud.stack.client("scheduler"), unique("schedule")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "scheduler.amazonaws.com"},
    }
    trusted = cloud.stack.client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    scheduler.create_schedule_group(Name=name, Tags=[{"Key": "a", "Value": "b"}])
    scheduler.create_schedule(
        Name=name,
        GroupName=name,
        ScheduleExpression="cron(0 3 * * ? *)",
        ScheduleExpressionTimezone="Europe/Berlin",
        FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        Target={"Arn": cloud.queue_arn(cloud.queue()), "RoleArn": trusted["Role"]["Arn"]},
    )
    return name


def _see_scheduled(cloud: Cloud, name: Any) -> None:
    scheduler = cloud.stack.client("scheduler")
    described = scheduler.get_schedule(Name=name, GroupName=name)
    assert (described["ScheduleExpressionTimezone"], described["State"]) == ("Europe/Berlin", "ENABLED")
    group = scheduler.get_schedule_group(Name=name)["Arn"]
    assert scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "a", "Value": "b"}]
    scheduler.delete_schedule_group(Name=name)
    assert scheduler.list_schedules(NamePrefix=name)["Schedules"] == []


def _node(cloud: Cloud) -> Any:
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": package(NODE, "index.mjs")},
    )
    return _active(cloud, name)


def _image(cloud: Cloud) -> Any:
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        PackageType="Image",
        Role=ROLE,
        Code={"ImageUri": IMAGE},
        ImageConfig={"Command": ["app.handler"]},
    )
    return _active(cloud, name)


def _active(cloud: Cloud, name: str) -> str:
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["State"], "Active".__eq__
    )
    cloud.invoke(name, {"a": 1})
    return name


def _see_function(cloud: Cloud, name: Any) -> None:
    answer = cloud.invoke(name, {"a": 2})
    assert answer.error is None
    assert answer.payload.get("a", answer.payload.get("event", {}).get("a")) == 2


def _logs(cloud: Cloud) -> Any:
    group = unique("group")
    cloud.logs.create_log_group(logGroupName=group)
    cloud.logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    cloud.logs.create_log_stream(logGroupName=group, logStreamName="one")
    cloud.logs.put_log_events(
        logGroupName=group,
        logStreamName="one",
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "kept"}],
    )
    return group


def _see_logs(cloud: Cloud, group: Any) -> None:
    [found] = cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 7
    events = cloud.logs.get_log_events(logGroupName=group, logStreamName="one")["events"]
    assert [event["message"] for event in events] == ["kept"]


def _repository(cloud: Cloud) -> Any:
    name = unique("repository")
    cloud.stack.client("ecr").create_repository(repositoryName=name, tags=[{"Key": "a", "Value": "b"}])
    return name


def _see_repository(cloud: Cloud, name: Any) -> None:
    ecr = cloud.stack.client("ecr")
    [found] = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    assert ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"][0]["Value"] == "b"


def _session(cloud: Cloud) -> Any:
    sts = cloud.stack.client("sts")
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"}],
    }
    return sts.assume_role(RoleArn=ROLE, RoleSessionName="kept", Policy=json.dumps(policy))["Credentials"]


def _see_session(cloud: Cloud, credentials: Any) -> None:
    session = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], "us-west-2"
    )
    endpoint = cloud.stack.endpoint
    assert session.client("sts", endpoint_url=endpoint).get_caller_identity()["Arn"].endswith("test/kept")
    session.client("sqs", endpoint_url=endpoint).list_queues()
    sns = session.client("sns", endpoint_url=endpoint)
    with pytest.raises(ClientError, match=r"not authorized to perform: SNS:ListTopics|AuthorizationError"):
        sns.list_topics()  # its own policy still limits it


KEPT: Mapping[str, Kept] = {
    "records": Kept(_records, _see_records),
    "experiments": Kept(_experiment, _see_experiment),
    "pipeline versions": Kept(_versions, _see_versions),
    "model packages": Kept(_package, _see_package),
    "a tuning job": Kept(_tuning, _see_tuning),
    "a tuning job that ran": Kept(_running_tuning, _see_failed_tuning),
    "a geospatial job": Kept(_geospatial, _see_geospatial),
    "an endpoint": Kept(endpoints.make_endpoint, endpoints.see_endpoint),
    "a serverless endpoint": Kept(endpoints.make_serverless, endpoints.see_endpoint),
    "a serial endpoint": Kept(endpoints.make_serial, endpoints.see_endpoint),
    "a captured endpoint": Kept(endpoints.make_captured, endpoints.see_captured),
    "inference components": Kept(
        lambda cloud: endpoints.make_components(cloud, "one"), endpoints.see_components
    ),
    "keys": Kept(_keys, _see_keys),
    "a topic": Kept(_topic, _see_topic),
    "a schedule": Kept(_schedule, _see_schedule),
    "a schedule of its own service": Kept(_scheduled, _see_scheduled),
    "a function of an image": Kept(_image, _see_function),
    "logs": Kept(_logs, _see_logs),
    "a repository": Kept(_repository, _see_repository),
    "a session": Kept(_session, _see_session),
    "asynchronous requests": Kept(endpoints.make_asynchronous, endpoints.see_asynchronous),  # last: one runs
} | ({"a function in Node.js": Kept(_node, _see_function)} if shutil.which("node") else {})
