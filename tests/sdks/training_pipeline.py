"""Data Science SDK: its ready-made TrainingPipeline, from an estimator to an endpoint."""

import boto3
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer
from stepfunctions.template.pipeline import TrainingPipeline

from tests.sdks.account import IMAGE, INSTANCE, METRICS, features, run
from tests.sdks.surroundings import prepare


def main() -> dict[str, object]:
    """Create and execute the template, wait for its endpoint, predict, and take all of it away."""
    place = prepare("template")
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.role,
        instance_count=1,
        instance_type=INSTANCE,
        metric_definitions=METRICS,
        hyperparameters={"random-state": 1},
        sagemaker_session=place.session,
    )
    pipeline = TrainingPipeline(
        estimator=estimator,
        role=place.role,
        inputs={"training": place.wine},
        s3_bucket=place.name,
        pipeline_name=place.name,
    )
    pipeline.create()
    execution = pipeline.execute(
        job_name=f"{place.name}-a", hyperparameters={"n-estimators": 10, "random-state": 2}
    )
    output = execution.get_output(wait=True)
    client = boto3.client("sagemaker")
    endpoint = f"{place.name}-a"
    client.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1})
    predictor = Predictor(
        endpoint, place.session, serializer=CSVSerializer(), deserializer=JSONDeserializer()
    )
    predictions = predictor.predict(features())["predictions"]
    predictor.delete_endpoint()
    pipeline.get_workflow().delete()
    return {
        "name": place.name,
        "status": execution.describe()["status"],
        "output": output,
        "job": f"estimator-{endpoint}",
        "predictions": [row["predicted_label"] for row in predictions],
    }


if __name__ == "__main__":
    run(main)
