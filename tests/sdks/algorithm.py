"""SageMaker SDK v2: AWS's XGBoost image without a script: its algorithm is trained and served."""

import csv
from pathlib import Path

import boto3
import sagemaker
from botocore.exceptions import ClientError
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.exceptions import UnexpectedStatusException
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer

from tests.sdks.account import INSTANCE, WINE, features, run
from tests.sdks.surroundings import Surroundings, prepare

METRIC = {"Name": "validation:mlogloss", "Regex": r".*#011validation-mlogloss:([0-9.]+)"}


def label_first() -> str:
    """Write the data set as the algorithm takes it: no header, the class before the numbers."""
    with Path(WINE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    return "".join(",".join([row[-1], *row[:-1]]) + "\n" for row in rows)


def estimator(place: Surroundings, **hyperparameters: object) -> Estimator:
    image = sagemaker.image_uris.retrieve("xgboost", "us-west-2", "1.7-1")
    return Estimator(
        image_uri=image,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        hyperparameters={"objective": "multi:softmax", "num_class": 3, "num_round": 8, **hyperparameters},
        metric_definitions=[METRIC],
        sagemaker_session=place.session,
    )


def main() -> dict[str, object]:
    """Train, predict, send what is no CSV, and train with a wrong hyperparameter."""
    place = prepare("algorithm")
    uri = sagemaker.s3.S3Uploader.upload_string_as_file_body(
        label_first(), f"{place.folder}/wine-csv/wine.csv", sagemaker_session=place.session
    )
    data = TrainingInput(uri, content_type="text/csv")
    trained, wrong = estimator(place), estimator(place, eta=7)
    trained.fit({"train": data, "validation": data})
    name = trained.latest_training_job.name
    predictor = trained.deploy(
        1,
        INSTANCE,
        endpoint_name=name,
        wait=False,
        serializer=CSVSerializer(),
        deserializer=CSVDeserializer(),
    )
    boto3.client("sagemaker").get_waiter("endpoint_in_service").wait(
        EndpointName=name, WaiterConfig={"Delay": 1}
    )
    found: dict[str, object] = {"job": name, "predictions": predictor.predict(features())}
    try:
        predictor.predict("<x/>", initial_args={"ContentType": "text/xml"})
    except ClientError as error:
        found["refused"] = dict(error.response)["OriginalStatusCode"]
    predictor.delete_endpoint()
    try:
        wrong.fit({"train": data})
    except UnexpectedStatusException as error:
        found["failed"] = str(error)
    return found


if __name__ == "__main__":
    run(main)
