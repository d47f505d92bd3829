"""The steps: process, train, evaluate; create, register and try the model where its error is small enough."""

from pathlib import Path

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput, TransformInput
from sagemaker.model import Model
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionLessThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import ProcessingStep, TrainingStep, TransformStep

from tests.sdks.abalone.data import prepared, shells
from tests.sdks.surroundings import Surroundings

CODE = Path(__file__).with_name("code")
INSTANCES = ParameterInteger("ProcessingInstanceCount", default_value=1)
INSTANCE = ParameterString("TrainingInstanceType", default_value="ml.m5.xlarge")
APPROVAL = ParameterString("ModelApprovalStatus", default_value="PendingManualApproval")
LARGEST_ERROR = ParameterFloat("MseThreshold", default_value=6.0)
HYPERPARAMETERS = {
    "objective": "reg:linear",
    "num_round": 50,
    "max_depth": 5,
    "eta": 0.2,
    "gamma": 4,
    "min_child_weight": 6,
    "subsample": 0.7,
}


def process(place: Surroundings, session: PipelineSession, data: ParameterString) -> ProcessingStep:
    processor = SKLearnProcessor(
        framework_version="1.2-1",
        instance_type="ml.m5.xlarge",
        instance_count=INSTANCES,
        base_job_name="sklearn-abalone-process",
        sagemaker_session=session,
        role=place.role,
    )
    arguments = processor.run(
        inputs=[ProcessingInput(source=data, destination="/opt/ml/processing/input")],
        outputs=[
            ProcessingOutput(output_name=name, source=f"/opt/ml/processing/{name}")
            for name in ("train", "validation", "test")
        ],
        code=str(CODE / "preprocessing.py"),
    )
    return ProcessingStep(name="AbaloneProcess", step_args=arguments)


def train(
    place: Surroundings, session: PipelineSession, image: str, processed: ProcessingStep
) -> TrainingStep:
    estimator = Estimator(
        image_uri=image,
        instance_type=INSTANCE,
        instance_count=1,
        output_path=f"{place.folder}/AbaloneTrain",
        sagemaker_session=session,
        role=place.role,
    )
    estimator.set_hyperparameters(**HYPERPARAMETERS)
    outputs = processed.properties.ProcessingOutputConfig.Outputs
    arguments = estimator.fit(
        inputs={
            name: TrainingInput(s3_data=outputs[name].S3Output.S3Uri, content_type="text/csv")
            for name in ("train", "validation")
        }
    )
    return TrainingStep(name="AbaloneTrain", step_args=arguments)


def evaluate(
    place: Surroundings,
    session: PipelineSession,
    image: str,
    processed: ProcessingStep,
    trained: TrainingStep,
) -> tuple[ProcessingStep, PropertyFile]:
    processor = ScriptProcessor(
        image_uri=image,
        command=["python3"],
        instance_type="ml.m5.xlarge",
        instance_count=1,
        base_job_name="script-abalone-eval",
        sagemaker_session=session,
        role=place.role,
    )
    test = processed.properties.ProcessingOutputConfig.Outputs["test"].S3Output.S3Uri
    arguments = processor.run(
        inputs=[
            ProcessingInput(
                source=trained.properties.ModelArtifacts.S3ModelArtifacts,
                destination="/opt/ml/processing/model",
            ),
            ProcessingInput(source=test, destination="/opt/ml/processing/test"),
        ],
        outputs=[ProcessingOutput(output_name="evaluation", source="/opt/ml/processing/evaluation")],
        code=str(CODE / "evaluation.py"),
    )
    report = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")
    return ProcessingStep(name="AbaloneEval", step_args=arguments, property_files=[report]), report


def try_out(
    place: Surroundings, model: Model, session: PipelineSession, batch: ParameterString
) -> list[ModelStep]:
    """Create the model and have it predict a batch."""
    created = ModelStep(
        name="AbaloneCreateModel",
        step_args=model.create(instance_type="ml.m5.large", accelerator_type="ml.eia1.medium"),
    )
    transformer = Transformer(
        model_name=created.properties.ModelName,
        instance_type="ml.m5.xlarge",
        instance_count=1,
        output_path=f"{place.folder}/AbaloneTransform",
        sagemaker_session=session,
    )
    transformed = TransformStep(
        name="AbaloneTransform",
        transformer=transformer,
        inputs=TransformInput(data=batch),
    )
    return [created, transformed]


def register(place: Surroundings, model: Model, evaluated: ProcessingStep) -> ModelStep:
    """Register the model with what was measured, whose place is known when the pipeline is made."""
    [output] = evaluated.arguments["ProcessingOutputConfig"]["Outputs"]
    measured = MetricsSource(
        s3_uri=f"{output['S3Output']['S3Uri']}/evaluation.json", content_type="application/json"
    )
    arguments = model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.t2.medium", "ml.m5.xlarge"],
        transform_instances=["ml.m5.xlarge"],
        model_package_group_name=place.name,
        approval_status=APPROVAL,
        model_metrics=ModelMetrics(model_statistics=measured),
    )
    return ModelStep(name="AbaloneRegisterModel", step_args=arguments)


def define(place: Surroundings) -> Pipeline:
    """Put the steps together."""
    session = PipelineSession(default_bucket=place.name)
    folder = f"{place.folder}/abalone"
    uris = {}
    for name, text in (("InputData", shells(1500)), ("BatchData", prepared(12))):
        uris[name] = sagemaker.s3.S3Uploader.upload_string_as_file_body(
            text, f"{folder}/{name}.csv", sagemaker_session=place.session
        )
    data, batch = (ParameterString(name, default_value=uri) for name, uri in uris.items())
    image = sagemaker.image_uris.retrieve(
        framework="xgboost",
        region="us-west-2",
        version="1.0-1",
        py_version="py3",
        instance_type="ml.m5.xlarge",
    )
    processed = process(place, session, data)
    trained = train(place, session, image, processed)
    evaluated, report = evaluate(place, session, image, processed, trained)
    model = Model(
        image_uri=image,
        model_data=trained.properties.ModelArtifacts.S3ModelArtifacts,
        sagemaker_session=session,
        role=place.role,
    )
    failed = FailStep(
        name="AbaloneMSEFail",
        error_message=Join(on=" ", values=["Execution failed due to MSE >", LARGEST_ERROR]),
    )
    error = JsonGet(step_name=evaluated.name, property_file=report, json_path="regression_metrics.mse.value")
    decided = ConditionStep(
        name="AbaloneMSECond",
        conditions=[ConditionLessThanOrEqualTo(left=error, right=LARGEST_ERROR)],
        if_steps=[register(place, model, evaluated), *try_out(place, model, session, batch)],
        else_steps=[failed],
    )
    return Pipeline(
        name=place.name,
        parameters=[INSTANCES, INSTANCE, APPROVAL, data, batch, LARGEST_ERROR],
        steps=[processed, trained, evaluated, decided],
        sagemaker_session=session,
    )
