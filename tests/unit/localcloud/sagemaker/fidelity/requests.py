"""A request for each operation that the model and the local cloud accept, or that names what is not there."""

import copy
import json
from collections.abc import Mapping, Sequence

from tests.unit.localcloud.sagemaker.cloud import ROLE, Document, fail_step
from tests.unit.localcloud.sagemaker.jobs.requests import channel, processing, training, transform
from tests.unit.localcloud.sagemaker.tuning.requests import CREATE, config, definition, tuning

_TOKEN = "t" * 32
_ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
_PIPELINE = f"{_ARN}:pipeline/a"
_EXECUTION = f"{_PIPELINE}/execution/{'a' * 12}"
_VARIANT = {
    "VariantName": "a",
    "ModelName": "a",
    "InitialInstanceCount": 1,
    "InstanceType": "ml.m5.large",
}
_RIVALS = {
    "PrimaryContainer": "Containers",
    "ModelPackageGroupName": "ModelPackageName",
    "PipelineDefinition": "PipelineDefinitionS3Location",
}
_NAMES = {
    "EndpointConfig": "EndpointConfigName",
    "Endpoint": "EndpointName",
    "InferenceComponent": "InferenceComponentName",
    "Model": "ModelName",
    "ModelPackageGroup": "ModelPackageGroupName",
    "ModelPackage": "ModelPackageName",
    "Pipeline": "PipelineName",
    "HyperParameterTuningJob": "HyperParameterTuningJobName",
    "ProcessingJob": "ProcessingJobName",
    "TrainingJob": "TrainingJobName",
    "TransformJob": "TransformJobName",
}

_REQUESTS: Mapping[str, Document] = {
    "AddAssociation": {"SourceArn": f"{_ARN}:context/a", "DestinationArn": f"{_ARN}:context/b"},
    "AddTags": {"ResourceArn": _PIPELINE, "Tags": [{"Key": "a", "Value": "b"}]},
    "AssociateTrialComponent": {"TrialComponentName": "a", "TrialName": "a"},
    "BatchDescribeModelPackage": {"ModelPackageArnList": [f"{_ARN}:model-package/a/1"]},
    "CreateEndpoint": {"EndpointName": "a", "EndpointConfigName": "a"},
    "CreateEndpointConfig": {"EndpointConfigName": "a", "ProductionVariants": [_VARIANT]},
    # Its data is not there, so that no job is created: what is not supported is refused before.
    CREATE: tuning(
        of=config(), TrainingJobDefinition=definition(InputDataConfig=[channel(uri="s3://bucket/none/")])
    ),
    "CreateInferenceComponent": {
        "InferenceComponentName": "a",
        "EndpointName": "a",
        "Specification": {"ModelName": "a"},
        "RuntimeConfig": {"CopyCount": 1},
    },
    "CreateModel": {"ModelName": "a", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "image"}},
    "CreateModelPackage": {"ModelPackageGroupName": "a"},
    "CreatePipeline": {
        "PipelineName": "a",
        "PipelineDefinition": json.dumps({"Steps": [fail_step("fail")]}),
        "RoleArn": ROLE,
        "ClientRequestToken": _TOKEN,
    },
    "CreateProcessingJob": processing("a"),
    "CreateTrainingJob": training("a"),
    "CreateTransformJob": transform("a"),
    "DeleteAssociation": {"SourceArn": f"{_ARN}:context/a", "DestinationArn": f"{_ARN}:context/b"},
    "DeleteModelPackageGroupPolicy": {"ModelPackageGroupName": "a"},
    "DeletePipeline": {"PipelineName": "a", "ClientRequestToken": _TOKEN},
    "DeleteTags": {"ResourceArn": _PIPELINE, "TagKeys": ["a"]},
    "DescribePipelineDefinitionForExecution": {"PipelineExecutionArn": _EXECUTION},
    "DescribePipelineExecution": {"PipelineExecutionArn": _EXECUTION},
    "DisassociateTrialComponent": {"TrialComponentName": "a", "TrialName": "a"},
    "GetModelPackageGroupPolicy": {"ModelPackageGroupName": "a"},
    "GetSearchSuggestions": {"Resource": "TrainingJob"},
    "ListPipelineExecutionSteps": {"PipelineExecutionArn": _EXECUTION},
    "ListPipelineExecutions": {"PipelineName": "a"},
    "ListTrainingJobsForHyperParameterTuningJob": {"HyperParameterTuningJobName": "a"},
    "ListPipelineParametersForExecution": {"PipelineExecutionArn": _EXECUTION},
    "ListPipelineVersions": {"PipelineName": "a"},
    "ListTags": {"ResourceArn": _PIPELINE},
    "PutModelPackageGroupPolicy": {
        "ModelPackageGroupName": "a",
        "ResourcePolicy": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}),
    },
    "RetryPipelineExecution": {"PipelineExecutionArn": _EXECUTION, "ClientRequestToken": _TOKEN},
    "Search": {"Resource": "TrainingJob"},
    "SendPipelineExecutionStepFailure": {"CallbackToken": "a" * 10},
    "SendPipelineExecutionStepSuccess": {"CallbackToken": "a" * 10},
    "StartPipelineExecution": {"PipelineName": "a", "ClientRequestToken": _TOKEN},
    "StopPipelineExecution": {"PipelineExecutionArn": _EXECUTION, "ClientRequestToken": _TOKEN},
    "UpdateEndpoint": {"EndpointName": "a", "EndpointConfigName": "a"},
    "UpdateEndpointWeightsAndCapacities": {
        "EndpointName": "a",
        "DesiredWeightsAndCapacities": [{"VariantName": "a"}],
    },
    "UpdateInferenceComponent": {"InferenceComponentName": "a"},
    "UpdateInferenceComponentRuntimeConfig": {
        "InferenceComponentName": "a",
        "DesiredRuntimeConfig": {"CopyCount": 1},
    },
    "UpdateModelPackage": {"ModelPackageArn": f"{_ARN}:model-package/a/1"},
    "UpdateTrainingJob": {"TrainingJobName": "a", "ProfilerConfig": {"DisableProfiler": True}},
    "UpdatePipeline": {"PipelineName": "a"},
    "UpdatePipelineExecution": {"PipelineExecutionArn": _EXECUTION},
    "UpdatePipelineVersion": {"PipelineArn": _PIPELINE, "PipelineVersionId": 1},
}


def baseline(operation: str, way: Sequence[str] = ()) -> Document:
    """Give a copy of an operation's request, without what cannot stand beside a member."""
    if operation in _REQUESTS:
        request = copy.deepcopy(_REQUESTS[operation])
        if operation == CREATE:
            request = _tuning(request, way)
        return {name: value for name, value in request.items() if _RIVALS.get(name) not in way[:1]}
    for verb in ("Create", "Delete", "Describe", "Stop"):
        if (noun := operation.removeprefix(verb)) in _NAMES and noun != operation:
            return {_NAMES[noun]: "a"}
    return {}  # a list of everything


def _tuning(request: Document, way: Sequence[str]) -> Document:
    """Give a tuning job's request with one of several definitions, or the resources of tuning, as asked."""
    of_training = request["TrainingJobDefinition"]
    assert isinstance(of_training, dict)
    if "HyperParameterTuningResourceConfig" in way:
        del of_training["ResourceConfig"]
    if way[:1] != ("TrainingJobDefinitions",):
        return request
    del request["TrainingJobDefinition"]
    return request | {"TrainingJobDefinitions": [of_training]}
