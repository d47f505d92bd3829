"""A pipeline as a program with the SageMaker SDK: scripts of one folder, on AWS's images."""

from typing import Any

from sagemaker.inputs import TrainingInput
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

VERSION, INSTANCE = "1.2-1", "ml.m5.large"


def get_pipeline(session: Any, role: str) -> Pipeline:
    """Split the customers, and train on one part."""
    customers, report = ParameterString("Customers"), ParameterString("Report")
    threshold = ParameterString("Threshold", default_value="5")
    run = {
        "role": role,
        "instance_type": INSTANCE,
        "instance_count": 1,
        "framework_version": VERSION,
        "sagemaker_session": session,
    }
    processor = FrameworkProcessor(SKLearn, **run)
    prepared = ProcessingStep(
        "prepare",
        step_args=processor.run(
            code="prepare.py",
            source_dir="source",
            inputs=[ProcessingInput(source=customers, destination="/opt/ml/processing/input/customers")],
            outputs=[
                ProcessingOutput(output_name="train", source="/opt/ml/processing/train"),
                ProcessingOutput(
                    output_name="report", source="/opt/ml/processing/report", destination=report
                ),
            ],
        ),
    )
    estimator = SKLearn(
        entry_point="train.py",
        source_dir="source",
        hyperparameters={"threshold": threshold},
        metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
        **run,
    )
    part = prepared.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    trained = TrainingStep("train", step_args=estimator.fit({"train": TrainingInput(part)}))
    return Pipeline(
        "scripted", [customers, report, threshold], steps=[prepared, trained], sagemaker_session=session
    )
