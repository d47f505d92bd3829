"""SageMaker SDK: the pipeline of AWS's examples: split, train, evaluate and decide.

A good model is saved, registered and used for predictions; a function and a message tell of it.
"""

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import WaiterError
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.model import Model
from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor, ScriptProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline, _PipelineExecution
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep, TransformStep

from tests.sdks.account import IMAGE, INSTANCE, METRICS, run
from tests.sdks.batch import SCRIPT
from tests.sdks.surroundings import Surroundings, prepare

CACHE = CacheConfig(enable_caching=True, expire_after="P1D")
TREES = ParameterInteger("Trees", default_value=20)
APPROVAL = ParameterString("Approval", default_value="Approved", enum_values=["Approved", "Rejected"])
LEAST_ACCURACY = ParameterFloat("LeastAccuracy", default_value=0.8)
JUDGE = Path(__file__).with_name("judge.py")


def split(place: Surroundings, session: PipelineSession) -> ProcessingStep:
    processor = Processor(
        role=place.role,
        image_uri=IMAGE,
        instance_count=1,
        instance_type=INSTANCE,
        base_job_name="split",
        sagemaker_session=session,
    )
    output = "/opt/ml/processing/output"
    arguments = processor.run(
        inputs=[ProcessingInput(source=place.wine, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(source=f"{output}/{part}", output_name=part)
            for part in ("training", "test", "features")
        ],
        arguments=["--test-fraction", "0.25"],
    )
    return ProcessingStep("Split", step_args=arguments, cache_config=CACHE)


def part(step: ProcessingStep, name: str) -> Any:
    """Refer to an output of the split."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def train(place: Surroundings, session: PipelineSession, splitting: ProcessingStep) -> TrainingStep:
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        hyperparameters={"n-estimators": TREES},
        metric_definitions=METRICS,
        sagemaker_session=session,
    )
    data = TrainingInput(part(splitting, "training"), content_type="text/csv")
    policies = [
        StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3),
        SageMakerJobStepRetryPolicy(
            exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR], expire_after_mins=5
        ),
    ]
    return TrainingStep(
        "Train", step_args=estimator.fit({"training": data}), cache_config=CACHE, retry_policies=policies
    )


def evaluate(
    place: Surroundings, session: PipelineSession, splitting: ProcessingStep, training: TrainingStep
) -> tuple[ProcessingStep, PropertyFile]:
    processor = ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        sagemaker_session=session,
    )
    model = training.properties.ModelArtifacts.S3ModelArtifacts
    arguments = processor.run(
        code=str(SCRIPT),
        inputs=[
            ProcessingInput(source=model, destination="/opt/ml/processing/model"),
            ProcessingInput(source=part(splitting, "test"), destination="/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(source="/opt/ml/processing/evaluation", output_name="evaluation")],
    )
    report = PropertyFile("Report", output_name="evaluation", path="evaluation.json")
    return ProcessingStep("Evaluate", step_args=arguments, property_files=[report]), report


def good(
    place: Surroundings, session: PipelineSession, splitting: ProcessingStep, training: TrainingStep
) -> tuple[ModelStep, ModelStep, TransformStep]:
    """Save the model, register it, and have it predict."""
    model = Model(
        image_uri=IMAGE,
        model_data=training.properties.ModelArtifacts.S3ModelArtifacts,
        role=place.role,
        env={"TOLD": "by the pipeline"},
        sagemaker_session=session,
    )
    saved = ModelStep("Save", step_args=model.create(instance_type=INSTANCE))
    registered = ModelStep(
        "Register",
        step_args=model.register(
            content_types=["text/csv"],
            response_types=["application/json"],
            inference_instances=[INSTANCE],
            transform_instances=[INSTANCE],
            model_package_group_name=place.name,
            approval_status=APPROVAL,
        ),
    )
    transformer = Transformer(
        model_name=saved.properties.ModelName,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/predictions",
        accept="text/csv",
        assemble_with="Line",
        strategy="MultiRecord",
        sagemaker_session=session,
    )
    arguments = transformer.transform(part(splitting, "features"), content_type="text/csv", split_type="Line")
    return saved, registered, TransformStep("Transform", step_args=arguments)


def tell(
    place: Surroundings, queue: str, accuracy: JsonGet, saved: ModelStep
) -> tuple[LambdaStep, CallbackStep]:
    """Ask a function that the SDK makes what it thinks of the model; and somebody else, by a message."""
    function = Lambda(
        function_name=place.name,
        execution_role_arn=place.role,
        script=str(JUDGE),
        handler="judge.handler",
        runtime="python3.12",
        session=place.session,
    )
    text = LambdaOutputTypeEnum.String
    judged = LambdaStep(
        "Judge",
        lambda_func=function,
        inputs={"accuracy": accuracy, "model": saved.properties.ModelName},
        outputs=[LambdaOutput("verdict", text), LambdaOutput("model", text)],
    )
    inputs = {
        "verdict": judged.properties.Outputs["verdict"],
        "execution": ExecutionVariables.PIPELINE_EXECUTION_ID,
    }
    answer = CallbackOutput("answer", CallbackOutputTypeEnum.String)
    return judged, CallbackStep("Ask", sqs_queue_url=queue, inputs=inputs, outputs=[answer])


def define(place: Surroundings, queue: str) -> Pipeline:
    """Put the steps together: they find their order by what they refer to."""
    session = PipelineSession(default_bucket=place.name)
    splitting = split(place, session)
    training = train(place, session, splitting)
    evaluation, report = evaluate(place, session, splitting, training)
    accuracy = JsonGet("Evaluate", property_file=report, json_path="metrics.accuracy.value")
    saved, registered, transformed = good(place, session, splitting, training)
    judged, asked = tell(place, queue, accuracy, saved)
    failed = FailStep(
        "Refuse", error_message=Join(" ", values=["An accuracy of", accuracy, "is less than", LEAST_ACCURACY])
    )
    decision = ConditionStep(
        "Decide",
        conditions=[ConditionGreaterThanOrEqualTo(left=accuracy, right=LEAST_ACCURACY)],
        if_steps=[saved, registered, transformed, judged, asked],
        else_steps=[failed],
    )
    return Pipeline(
        name=place.name,
        parameters=[TREES, APPROVAL, LEAST_ACCURACY],
        steps=[splitting, training, evaluation, decision],
        sagemaker_session=session,
    )


def receive(queue: str) -> dict[str, Any]:
    """Wait for the step's message."""
    client = boto3.client("sqs")
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for message in client.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", []):
            body: dict[str, Any] = json.loads(message["Body"])
            return body
    raise TimeoutError("no message came")


def describe(execution: _PipelineExecution) -> dict[str, object]:
    """Give an execution's description, and its steps by their names."""
    return {
        "arn": execution.arn,
        "described": execution.describe(),
        "steps": {step["StepName"]: step for step in execution.list_steps()},
    }


def main() -> dict[str, object]:
    """Run the pipeline, answer what it asks, and run it again with more than can be reached."""
    place = prepare("pipeline")
    queue = boto3.client("sqs").create_queue(QueueName=place.name)["QueueUrl"]
    pipeline = define(place, queue)
    pipeline.upsert(
        role_arn=place.role, description="first", parallelism_config={"MaxParallelExecutionSteps": 4}
    )
    pipeline.upsert(role_arn=place.role, description="second", tags=[{"Key": "Project", "Value": "wine"}])

    execution = pipeline.start(
        parameters={"Trees": 25},
        execution_display_name="good",
        parallelism_config={"MaxParallelExecutionSteps": 2},
    )
    message = receive(queue)
    boto3.client("sagemaker").send_pipeline_execution_step_success(
        CallbackToken=message["token"], OutputParameters=[{"Name": "answer", "Value": "yes"}]
    )
    execution.wait(delay=1)

    refused = pipeline.start(parameters={"Trees": 25, "LeastAccuracy": 1.01})
    with contextlib.suppress(WaiterError):  # which says that it failed
        refused.wait(delay=1)
    found = {
        "name": place.name,
        "folder": place.folder,
        "pipeline": pipeline.describe(),
        "tags": place.session.list_tags(pipeline.describe()["PipelineArn"]),
        "message": message,
        "good": describe(execution),
        "refused": describe(refused),
        "listed": [
            item["PipelineExecutionArn"] for item in pipeline.list_executions()["PipelineExecutionSummaries"]
        ],
    }
    pipeline.delete()
    return found


if __name__ == "__main__":
    run(main)
