"""SageMaker SDK: a PipelineModel with data capture, an asynchronous and a serverless endpoint."""

import os

import boto3
from sagemaker import Model
from sagemaker.async_inference import AsyncInferenceConfig
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.pipeline import PipelineModel
from sagemaker.predictor import Predictor
from sagemaker.predictor_async import AsyncPredictor
from sagemaker.serverless import ServerlessInferenceConfig

from tests.sdks.account import INSTANCE, run
from tests.sdks.surroundings import Surroundings, prepare

IMAGE = os.environ["PROGRAM_IMAGE"]
DATA = os.environ["PROGRAM_MODEL"]


def model(place: Surroundings, says: str) -> Model:
    return Model(
        image_uri=IMAGE,
        model_data=DATA,
        role=place.role,
        env={"AS": says},
        predictor_cls=Predictor,
        sagemaker_session=place.session,
    )


def in_service(name: str) -> str:
    """Wait for an endpoint; the SDK looks every 30 seconds."""
    waiter = boto3.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1})
    return name


def answer_in_s3(uri: str) -> str:
    """Wait for an answer; the SDK looks every 15 seconds."""
    s3 = boto3.client("s3")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    s3.get_waiter("object_exists").wait(Bucket=bucket, Key=key, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def main() -> dict[str, object]:
    """Deploy all three, and ask each."""
    place = prepare("endpoints")
    serial, late, small = (f"{place.name}-{kind}" for kind in ("serial", "late", "small"))
    capture = DataCaptureConfig(
        enable_capture=True, sampling_percentage=100, destination_s3_uri=f"{place.folder}/captured"
    )
    pipeline = PipelineModel(
        [model(place, "echo"), model(place, "second")], place.role, sagemaker_session=place.session
    )
    pipeline.deploy(1, INSTANCE, endpoint_name=serial, data_capture_config=capture, wait=False)
    output = AsyncInferenceConfig(output_path=f"{place.folder}/out", failure_path=f"{place.folder}/failed")
    model(place, "late").deploy(1, INSTANCE, endpoint_name=late, async_inference_config=output, wait=False)
    serverless = ServerlessInferenceConfig(memory_size_in_mb=2048, max_concurrency=5)
    model(place, "small").deploy(endpoint_name=small, serverless_inference_config=serverless, wait=False)
    predictor = AsyncPredictor(Predictor(in_service(late), place.session), name=late)
    answers = {
        "serial": Predictor(in_service(serial), place.session).predict("1,2").decode(),
        "small": Predictor(in_service(small), place.session).predict("1,2").decode(),
        "late": answer_in_s3(predictor.predict_async(b"1,2").output_path),
    }
    for name in (serial, late, small):
        place.session.delete_endpoint(name)
    return answers


if __name__ == "__main__":
    run(main)
