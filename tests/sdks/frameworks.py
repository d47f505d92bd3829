"""SageMaker SDK v2: AWS's images of scikit-learn and XGBoost in script mode: train, serve and process."""

import tempfile
from pathlib import Path
from typing import Any

import boto3
import numpy as np
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Framework
from sagemaker.inputs import TrainingInput
from sagemaker.processing import FrameworkProcessor, ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.s3 import S3Uploader
from sagemaker.serializers import JSONSerializer
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.xgboost import XGBoost

from tests.sdks.account import INSTANCE, METRICS, features, run
from tests.sdks.source import write_source
from tests.sdks.surroundings import Surroundings, prepare


def fit(
    place: Surroundings, framework: type[Framework], version: str, source: Path, entry_point: str
) -> tuple[Framework, dict[str, object]]:
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
    found = {"jobs": jobs, "image": estimator.training_image_uri(), "model_data": estimator.model_data}
    return estimator, found


def served(estimator: Framework, data: object, **options: object) -> Any:
    """Deploy with the training script's own functions, predict, delete."""
    name = estimator.latest_training_job.name
    predictor = estimator.deploy(1, INSTANCE, endpoint_name=name, wait=False, **options)
    waiter = boto3.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1})
    answer = predictor.predict(data)
    predictor.delete_endpoint()
    return answer


def trained_together(place: Surroundings, source: Path) -> dict[str, object]:
    """Train on two instances, each with half of the objects, in AWS's image by its own toolkit."""
    lines = features().splitlines()
    for number in range(4):
        S3Uploader.upload_string_as_file_body(
            "\n".join(lines[number::4]), f"{place.folder}/parts/{number}.csv", sagemaker_session=place.session
        )
    estimator = XGBoost(
        entry_point="train_together.py",
        source_dir=str(source),
        framework_version="1.7-1",
        role=place.role,
        instance_count=2,
        instance_type=INSTANCE,
        metric_definitions=[{"Name": "mean", "Regex": "mean=([0-9.]+);"}],
        output_path=f"{place.folder}/models",
        sagemaker_session=place.session,
    )
    estimator.fit({"training": TrainingInput(f"{place.folder}/parts/", distribution="ShardedByS3Key")})
    return {"job": estimator.latest_training_job.name, "model_data": estimator.model_data}


def processed(place: Surroundings, processor: ScriptProcessor, name: str, **code: object) -> str:
    """Run the script of a processing job; give the place of its output."""
    place_of_output = f"{place.folder}/{name}"
    processor.run(
        inputs=[ProcessingInput(source=place.wine, destination="/opt/ml/processing/input")],
        outputs=[ProcessingOutput(source="/opt/ml/processing/output", destination=place_of_output)],
        **code,
    )
    return place_of_output


def main() -> dict[str, object]:
    """Train with both, serve both, process in both ways."""
    place = prepare("frameworks")
    rows = [[float(cell) for cell in line.split(",")] for line in features().splitlines()]
    job = {"role": place.role, "instance_type": INSTANCE, "instance_count": 1}
    job["sagemaker_session"] = place.session
    with tempfile.TemporaryDirectory() as folder:
        source = write_source(Path(folder, "source"))
        forest, scikit = fit(place, SKLearn, "1.2-1", source, "train_scikit.py")
        booster, xgboost = fit(place, XGBoost, "1.7-1", source, "train_xgboost.py")
        scikit["predictions"] = served(forest, np.array(rows)).tolist()
        how = {"serializer": JSONSerializer(), "deserializer": JSONDeserializer()}
        together = trained_together(place, source)
        xgboost["answer"] = served(booster, {"rows": rows}, **how)
        script = str(source / "process_wine.py")
        one = SKLearnProcessor(framework_version="1.2-1", **job)
        all_of_it = FrameworkProcessor(estimator_cls=SKLearn, framework_version="1.2-1", **job)
        words = {"code": "process_wine.py", "source_dir": str(source), "arguments": ["--greet"]}
        outputs = {
            "script": processed(place, one, "script", code=script),
            "framework": processed(place, all_of_it, "framework", **words),
        }
    return {"scikit": scikit, "xgboost": xgboost, "outputs": outputs, "together": together}


if __name__ == "__main__":
    run(main)
