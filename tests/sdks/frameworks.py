"""SageMaker SDK v2: framework estimators (scikit-learn, XGBoost) with a source directory, in script mode."""

import tempfile
from pathlib import Path

from sagemaker.estimator import Framework
from sagemaker.sklearn import SKLearn
from sagemaker.xgboost import XGBoost

from tests.sdks.account import INSTANCE, METRICS, run
from tests.sdks.source import write_source
from tests.sdks.surroundings import Surroundings, prepare


def fit(
    place: Surroundings, framework: type[Framework], version: str, source: Path, entry_point: str
) -> dict[str, object]:
    """Train twice: each time in a container without what the other has written and installed."""
    estimator = framework(
        entry_point=entry_point,
        source_dir=str(source),
        framework_version=version,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        hyperparameters={"depth": 3},
        metric_definitions=METRICS,
        output_path=f"{place.folder}/models",
        sagemaker_session=place.session,
    )
    jobs = []
    for _ in range(2):
        estimator.fit({"training": place.wine})
        jobs.append(estimator.latest_training_job.name)
    return {"jobs": jobs, "image": estimator.training_image_uri(), "model_data": estimator.model_data}


def main() -> dict[str, object]:
    """Train with both."""
    place = prepare("frameworks")
    with tempfile.TemporaryDirectory() as folder:
        source = write_source(Path(folder, "source"))
        return {
            "scikit": fit(place, SKLearn, "1.2-1", source, "train_scikit.py"),
            "xgboost": fit(place, XGBoost, "1.7-1", source, "train_xgboost.py"),
        }


if __name__ == "__main__":
    run(main)
