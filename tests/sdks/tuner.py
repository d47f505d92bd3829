"""SageMaker SDK: HyperparameterTuner, its analytics, a warm start, and a TuningStep with its best model."""

import boto3
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    IntegerParameter,
    WarmStartConfig,
    WarmStartTypes,
)
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import CacheConfig, TuningStep

from tests.sdks.account import IMAGE, INSTANCE, METRICS, run
from tests.sdks.surroundings import Surroundings, prepare

RANGES = {
    "n-estimators": IntegerParameter(1, 30, scaling_type="Logarithmic"),
    "max-features": ContinuousParameter(0.1, 1.0),
    "max-depth": CategoricalParameter([1, 2, 4]),
}


def estimator(place: Surroundings, session: object) -> Estimator:
    return Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        hyperparameters={"random-state": 1},
        metric_definitions=METRICS,
        sagemaker_session=session,
    )


def tune(place: Surroundings) -> HyperparameterTuner:
    """Tune with the defaults of the SDK: Bayesian search for the greatest objective; wait for the end."""
    tuner = HyperparameterTuner(
        estimator(place, place.session),
        "accuracy",
        RANGES,
        METRICS,
        max_jobs=6,
        max_parallel_jobs=2,
        early_stopping_type="Auto",
        base_tuning_job_name="wine",
        tags=[{"Key": "Project", "Value": "wine"}],
        random_seed=7,
    )
    tuner.fit({"training": TrainingInput(place.wine, content_type="text/csv")})
    return tuner


def go_on(place: Surroundings, parent: str) -> HyperparameterTuner:
    """Take a tuning job up again, with what it has found out."""
    tuner = HyperparameterTuner.attach(parent, sagemaker_session=place.session)
    again = HyperparameterTuner(
        estimator(place, place.session),
        "accuracy",
        RANGES,
        METRICS,
        max_jobs=2,
        max_parallel_jobs=2,
        warm_start_config=WarmStartConfig(
            WarmStartTypes.IDENTICAL_DATA_AND_ALGORITHM, parents={tuner.latest_tuning_job.name}
        ),
    )
    again.fit({"training": TrainingInput(place.wine, content_type="text/csv")})
    return again


def in_a_pipeline(place: Surroundings) -> dict[str, object]:
    """Tune in a pipeline, and save the best model; a second execution takes both from the cache."""
    session = PipelineSession(default_bucket=place.session.default_bucket())
    most = ParameterInteger("Most", default_value=3)
    tuner = HyperparameterTuner(
        estimator(place, session),
        "accuracy",
        RANGES,
        METRICS,
        strategy="Random",
        max_jobs=most,
        max_parallel_jobs=3,
    )
    arguments = tuner.fit({"training": TrainingInput(place.wine, content_type="text/csv")})
    cache = CacheConfig(enable_caching=True, expire_after="P1D")
    tuning = TuningStep("Tune", step_args=arguments, cache_config=cache)
    best = tuning.get_top_model_s3_uri(top_k=0, s3_bucket=place.session.default_bucket(), prefix="models")
    model = Model(image_uri=IMAGE, model_data=best, role=place.role, sagemaker_session=session)
    saving = ModelStep("Save", step_args=model.create(instance_type=INSTANCE))
    pipeline = Pipeline(place.name, parameters=[most], steps=[tuning, saving], sagemaker_session=session)
    pipeline.create(place.role)
    found: list[dict[str, object]] = []
    for _ in range(2):
        execution = pipeline.start()
        execution.wait(delay=1)
        found.append({step["StepName"]: step for step in execution.list_steps()})
    return {"first": found[0], "second": found[1]}


def main() -> dict[str, object]:
    """Do it all; say what was seen on the way."""
    place = prepare("tuner")
    tuner = tune(place)
    job = tuner.latest_tuning_job.name
    frame = tuner.analytics().dataframe()
    best = tuner.best_estimator()
    again = go_on(place, job)
    client = boto3.client("sagemaker")
    return {
        "name": place.name,
        "bucket": place.session.default_bucket(),
        "job": job,
        "best": tuner.best_training_job(),
        "hyperparameters": best.hyperparameters(),
        "objectives": {
            row["TrainingJobName"]: row["FinalObjectiveValue"] for row in frame.to_dict(orient="records")
        },
        "columns": sorted(frame.columns),
        "ranges": sorted(RANGES),
        "again": client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=again.latest_tuning_job.name
        ),
        "steps": in_a_pipeline(place),
    }


if __name__ == "__main__":
    run(main)
