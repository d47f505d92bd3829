"""ModelTrainer with a source directory, in AWS's scikit-learn image; the log is shown."""

import tempfile
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.shapes import MetricDefinition, OutputDataConfig
from sagemaker.core.training.configs import Compute, InputData, SourceCode
from sagemaker.train import ModelTrainer

from tests.sdks.account import INSTANCE, METRICS
from tests.sdks.source import write_source

IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def make_trainer(session: Session, role: str, source: Path) -> ModelTrainer:
    """Give a trainer whose script lies in a folder."""
    trainer = ModelTrainer(
        training_image=IMAGE,
        source_code=SourceCode(
            source_dir=str(source), requirements="requirements.txt", entry_script="train_scikit.py"
        ),
        compute=Compute(instance_type=INSTANCE, instance_count=1),
        hyperparameters={"depth": 3},
        role=role,
        base_job_name="third",
        output_data_config=OutputDataConfig(s3_output_path=f"s3://{session.default_bucket()}/models"),
        sagemaker_session=session,
    )
    metrics = [MetricDefinition(name=item["Name"], regex=item["Regex"]) for item in METRICS]
    return trainer.with_metric_definitions(metrics)


def train(session: Session, role: str, data: str) -> dict[str, object]:
    """Train, wait and show the log, as is the default."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(session, role, write_source(Path(folder, "source")))
        trainer.train(input_data_config=[InputData(channel_name="training", data_source=data)])
    job = trainer._latest_training_job
    return {
        "job": job.training_job_name,
        "status": job.training_job_status,
        "model_data": job.model_artifacts.s3_model_artifacts,
    }
