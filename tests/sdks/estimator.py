"""SageMaker SDK: train with the log shown, deploy, predict; then the same by way of the model registry."""

import boto3
from sagemaker import ModelPackage
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer

from tests.sdks.account import IMAGE, INSTANCE, METRICS, features, run
from tests.sdks.surroundings import Surroundings, prepare


def fit(place: Surroundings) -> Estimator:
    """Train; wait and print the log, as is the default."""
    estimator = Estimator(
        image_uri=IMAGE,
        role=place.name,  # a role's name does: the SDK asks IAM for its ARN
        instance_count=1,
        instance_type=INSTANCE,
        output_path=f"{place.folder}/models",
        hyperparameters={"n-estimators": 30},
        metric_definitions=METRICS,
        max_run=600,
        use_spot_instances=True,
        max_wait=900,
        checkpoint_s3_uri=f"{place.folder}/checkpoints",
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        encrypt_inter_container_traffic=True,
        volume_kms_key="alias/volumes",
        tags=[{"Key": "Project", "Value": "wine"}],
        sagemaker_session=place.session,
    )
    estimator.fit({"training": place.wine})
    return estimator


def predicted(predictor: Predictor) -> list[int]:
    return [row["predicted_label"] for row in predictor.predict(features())["predictions"]]


def deploy(estimator: Estimator) -> Predictor:
    """Deploy, and wait."""
    return estimator.deploy(
        initial_instance_count=1,
        instance_type=INSTANCE,
        serializer=CSVSerializer(),
        deserializer=JSONDeserializer(),
    )


def register(estimator: Estimator, group: str) -> ModelPackage:
    """Put the model into a group, to be approved."""
    return estimator.register(
        content_types=["text/csv"],
        response_types=["application/json"],
        inference_instances=[INSTANCE],
        transform_instances=[INSTANCE],
        model_package_group_name=group,
        approval_status="PendingManualApproval",
        description="a random forest",
    )


def main() -> dict[str, object]:
    """Do it all; say what was seen on the way."""
    place = prepare("estimator")
    estimator = fit(place)
    predictor = deploy(estimator)
    found: dict[str, object] = {
        "name": place.name,
        "job": estimator.latest_training_job.name,
        "model_data": estimator.model_data,
        "endpoint": predictor.endpoint_name,
        "predictions": predicted(predictor),
    }
    predictor.delete_model()
    predictor.delete_endpoint()

    package = register(estimator, place.name)
    package.update_approval_status("Approved")
    name = f"{place.name}-package"
    registered = ModelPackage(
        role=place.role, model_package_arn=package.model_package_arn, sagemaker_session=place.session
    )
    registered.deploy(1, INSTANCE, endpoint_name=name, wait=False)
    waiter = boto3.client("sagemaker").get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1})
    second = Predictor(name, place.session, serializer=CSVSerializer(), deserializer=JSONDeserializer())
    found |= {
        "package": package.model_package_arn,
        "package_predictions": predicted(second),
        "package_model": registered.name,
    }
    second.delete_endpoint()
    return found


if __name__ == "__main__":
    run(main)
