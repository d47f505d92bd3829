from localcloud.sagemaker.wire.model_container import ModelContainer
from tests.unit.localcloud.sagemaker.cloud import CALLER, ROLE, Cloud


def test_transform_jobs_find_the_models_that_were_created(cloud: Cloud) -> None:
    container = {"Image": "image", "ModelDataUrl": "s3://bucket/model.tar.gz", "Environment": {"A": "b"}}
    cloud.host.objects["bucket", "model.tar.gz"] = b"a model"
    cloud.call("CreateModel", ModelName="model", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    found = cloud.sagemaker.find_model(CALLER, "model")
    assert found == ModelContainer("image", "s3://bucket/model.tar.gz", {"A": "b"}, ROLE)
    assert cloud.sagemaker.find_model(CALLER, "other") is None


def test_an_endpoint_that_is_not_there_is_not_found(cloud: Cloud) -> None:
    assert cloud.sagemaker.find_endpoint(CALLER, "nobody") is None
