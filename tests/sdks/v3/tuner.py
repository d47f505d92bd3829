"""HyperparameterTuner over a ModelTrainer: it finds the depth of the forest, and waits for the end."""

import tempfile
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import IntegerParameter
from sagemaker.core.training.configs import InputData
from sagemaker.train.tuner import HyperparameterTuner

from tests.sdks.account import METRICS
from tests.sdks.source import write_source
from tests.sdks.v3.trainer import make_trainer


def tune(session: Session, role: str, data: str) -> dict[str, object]:
    """Run a tuning job of three training jobs at random; give its best."""
    with tempfile.TemporaryDirectory() as folder:
        tuner = HyperparameterTuner(
            make_trainer(session, role, write_source(Path(folder, "source"))),
            "accuracy",
            {"depth": IntegerParameter(1, 8)},
            METRICS,
            strategy="Random",
            max_jobs=3,
            max_parallel_jobs=3,
            base_tuning_job_name="third",
        )
        tuner.tune([InputData(channel_name="training", data_source=data)])
    described = tuner.describe()
    best = described.best_training_job
    return {
        "job": described.hyper_parameter_tuning_job_name,
        "status": described.hyper_parameter_tuning_job_status,
        "best": tuner.best_training_job(),
        "depth": best.tuned_hyper_parameters["depth"],
        "accuracy": best.final_hyper_parameter_tuning_job_objective_metric.value,
    }
