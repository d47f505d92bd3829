"""A pipeline: split, train, evaluate and decide; a good model is saved and registered."""

from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import WaiterError
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.processing import Processor, ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.training.configs import Compute, InputData
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.selective_execution_config import SelectiveExecutionConfig
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer

from tests.sdks.account import IMAGE, INSTANCE

CACHE = CacheConfig(enable_caching=True, expire_after="P1D")
SCRIPT = Path(__file__).parents[1] / "evaluate.py"
TREES = ParameterInteger("Trees", default_value=20)
APPROVAL = ParameterString("Approval", default_value="Approved")
LEAST_ACCURACY = ParameterFloat("LeastAccuracy", default_value=0.8)


def given(name: str, uri: Any) -> ProcessingInput:
    """An input of a processing job."""
    path = f"/opt/ml/processing/{name}"
    source = ProcessingS3Input(s3_uri=uri, local_path=path, s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=source)


def made(name: str, path: str, uri: Any) -> ProcessingOutput:
    """An output of a processing job."""
    target = ProcessingS3Output(
        s3_uri=uri, local_path=f"/opt/ml/processing/{path}", s3_upload_mode="EndOfJob"
    )
    return ProcessingOutput(output_name=name, s3_output=target)


def of_step(step: ProcessingStep, output: str) -> Any:
    """Refer to where an output of a step lies."""
    return step.properties.ProcessingOutputConfig.Outputs[output].S3Output.S3Uri


def split(session: PipelineSession, role: str, data: str) -> ProcessingStep:
    processor = Processor(
        role=role,
        image_uri=IMAGE,
        instance_count=1,
        instance_type=INSTANCE,
        base_job_name="split",
        sagemaker_session=session,
    )
    folder = f"s3://{session.default_bucket()}/parts"
    arguments = processor.run(
        inputs=[given("input", data)],
        outputs=[made(part, f"output/{part}", f"{folder}/{part}") for part in ("training", "test")],
        arguments=["--test-fraction", "0.25"],
    )
    return ProcessingStep("Split", step_args=arguments, cache_config=CACHE)


def train(session: PipelineSession, role: str, splitting: ProcessingStep) -> TrainingStep:
    trainer = ModelTrainer(
        training_image=IMAGE,
        compute=Compute(instance_type=INSTANCE, instance_count=1),
        hyperparameters={"n-estimators": TREES.to_string()},  # hyperparameters are texts
        role=role,
        base_job_name="train",
        sagemaker_session=session,
    )
    data = InputData(
        channel_name="training", data_source=of_step(splitting, "training"), content_type="text/csv"
    )
    return TrainingStep("Train", step_args=trainer.train(input_data_config=[data]), cache_config=CACHE)


def evaluate(
    session: PipelineSession, role: str, splitting: ProcessingStep, training: TrainingStep
) -> tuple[ProcessingStep, PropertyFile]:
    processor = ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        role=role,
        instance_count=1,
        instance_type=INSTANCE,
        base_job_name="evaluate",
        sagemaker_session=session,
    )
    folder = Join("/", [f"s3://{session.default_bucket()}/reports", ExecutionVariables.PIPELINE_EXECUTION_ID])
    arguments = processor.run(
        code=str(SCRIPT),
        inputs=[
            given("model", training.properties.ModelArtifacts.S3ModelArtifacts),
            given("test", of_step(splitting, "test")),
        ],
        outputs=[made("evaluation", "evaluation", folder)],
    )
    report = PropertyFile("Report", output_name="evaluation", path="evaluation.json")
    return ProcessingStep("Evaluate", step_args=arguments, property_files=[report]), report


def keep(
    session: PipelineSession, role: str, group: str, training: TrainingStep, evaluation: ProcessingStep
) -> tuple[ModelStep, ModelStep]:
    """Save the model, and register it with its metrics."""
    builder = ModelBuilder(
        s3_model_data_url=training.properties.ModelArtifacts.S3ModelArtifacts,
        image_uri=IMAGE,
        role_arn=role,
        sagemaker_session=session,
    )
    saved = ModelStep("Save", step_args=builder.build())
    report = Join("/", [of_step(evaluation, "evaluation"), "evaluation.json"])
    registered = ModelStep(
        "Register",
        step_args=builder.register(
            model_package_group_name=group,
            content_types=["text/csv"],
            response_types=["application/json"],
            inference_instances=[INSTANCE],
            transform_instances=[INSTANCE],
            model_metrics=ModelMetrics(
                model_statistics=MetricsSource(content_type="application/json", s3_uri=report)
            ),
            approval_status=APPROVAL,
        ),
    )
    return saved, registered


def define(name: str, role: str, data: str) -> Pipeline:
    """Put the steps together."""
    session = PipelineSession(default_bucket=name)
    splitting = split(session, role, data)
    training = train(session, role, splitting)
    evaluation, report = evaluate(session, role, splitting, training)
    accuracy = JsonGet("Evaluate", property_file=report, json_path="metrics.accuracy.value")
    decision = ConditionStep(
        "Decide",
        conditions=[ConditionGreaterThanOrEqualTo(left=accuracy, right=LEAST_ACCURACY)],
        if_steps=list(keep(session, role, name, training, evaluation)),
        else_steps=[
            FailStep(
                "Refuse",
                error_message=Join(" ", ["An accuracy of", accuracy, "is less than", LEAST_ACCURACY]),
            )
        ],
    )
    return Pipeline(
        name=name,
        parameters=[TREES, APPROVAL, LEAST_ACCURACY],
        steps=[splitting, training, evaluation, decision],
        sagemaker_session=session,
    )


def run_pipeline(name: str, role: str, pipeline_role: str, data: str) -> dict[str, object]:
    """Run the pipeline twice: the second time nothing is good enough."""
    pipeline = define(name, role, data)
    pipeline.upsert(role_arn=pipeline_role, description="a pipeline of SDK v3")
    found: dict[str, object] = {"definition": pipeline.definition()}
    for kind, parameters in (("good", {"Trees": 25}), ("refused", {"Trees": 25, "LeastAccuracy": 1.01})):
        execution = pipeline.start(parameters=parameters)
        try:
            execution.wait(delay=1, max_attempts=300)
        except WaiterError as error:
            found["error"] = str(error)
        found[kind] = {
            "described": execution.describe(),
            "steps": {step["StepName"]: step for step in execution.list_steps()},
        }
        if kind == "good":
            part = SelectiveExecutionConfig(["Evaluate"], source_pipeline_execution_arn=execution.arn)
            selected = pipeline.start(parameters=parameters, selective_execution_config=part)
    selected.wait(delay=1, max_attempts=300)
    found["selected"] = {step["StepName"]: step for step in selected.list_steps()}
    found["pipeline"] = pipeline.describe()
    pipeline.delete()
    found["left"] = boto3.client("sagemaker").list_pipelines(PipelineNamePrefix=name)["PipelineSummaries"]
    return found
