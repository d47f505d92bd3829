"""What becomes of a trained model, one workflow at a time: saved, configured, deployed, used for a batch."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.images import predict, read
from tests.integration.stack import Stack
from tests.integration.wire import unique
from tests.integration.workflow_runs import Run, cloud_of, run, run_workflow, wine

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def trained(deployed: Stack) -> str:
    """Where the model artifacts of a training job are."""
    output = run(deployed, "train", "--set", "hyperparameters.n-estimators=20").output()
    return str(output["ModelArtifacts"]["S3ModelArtifacts"])


@pytest.fixture(scope="module")
def model(deployed: Stack, trained: str) -> Iterator[str]:
    """A model, saved by its workflow."""
    output = run_workflow(deployed, "save_model", model_data=trained).output()
    yield str(output["ModelName"])
    deployed.sagemaker.delete_model(ModelName=output["ModelName"])


@pytest.fixture
def endpoint_name(deployed: Stack) -> Iterator[str]:
    """A name for an endpoint that is gone in the end."""
    name = unique(deployed.output("name_prefix"))
    yield name
    deployed.sagemaker.delete_endpoint(EndpointName=name)  # `invoke undeploy` takes the model, too


def put_rows(stack: Stack, *lines: str) -> str:
    """Put an object of these lines into the deployment's bucket; give the URI of its folder."""
    bucket, folder = stack.output("bucket_name"), f"workflows/data/{unique('rows')}"
    stack.s3.put_object(Bucket=bucket, Key=f"{folder}/rows.csv", Body="\n".join(lines).encode())
    return f"s3://{bucket}/{folder}/"


def configure(stack: Stack, model_name: str) -> str:
    """Make an endpoint configuration by its workflow; give its name."""
    return str(
        run_workflow(stack, "configure_endpoint", model_name=model_name).output()["EndpointConfigName"]
    )


def test_a_saved_model_is_the_trained_one(deployed: Stack, trained: str, model: str) -> None:
    container = deployed.sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
    assert container["ModelDataUrl"] == trained
    assert container["Image"] == deployed.output("image_uri")


def test_an_endpoint_is_made_kept_and_made_anew_by_its_workflow_alone(
    deployed: Stack, trained: str, model: str, endpoint_name: str
) -> None:
    """A model that cannot be served must neither be in service nor harm what is."""
    unusable = trained.replace("model.tar.gz", "output.tar.gz")
    with ThreadPoolExecutor(2) as threads:
        configured = threads.submit(configure, deployed, model)
        saved = run_workflow(deployed, "save_model", model_data=unusable).output()["ModelName"]
        bad, good = configure(deployed, saved), configured.result()
    described = deployed.sagemaker.describe_endpoint_config(EndpointConfigName=good)
    assert [variant["ModelName"] for variant in described["ProductionVariants"]] == [model]

    def deploy(config: str, expect: int) -> str:
        inputs = {"endpoint_name": endpoint_name, "endpoint_config_name": config}
        return run_workflow(deployed, "deploy_model", expect=expect, **inputs).text

    def status() -> tuple[str, str]:
        endpoint = deployed.sagemaker.describe_endpoint(EndpointName=endpoint_name)
        return endpoint["EndpointStatus"], endpoint.get("EndpointConfigName", "")

    assert "did not pass the ping health check" in deploy(bad, expect=1)
    assert status()[0] == "Failed"
    deploy(good, expect=0)
    assert status() == ("InService", good)
    assert "did not pass the ping health check" in deploy(bad, expect=1)
    assert status() == ("InService", good)
    rows, classes = wine()
    answered = predict(cloud_of(deployed), endpoint_name, "\n".join(rows))["predictions"]
    right = [answer["predicted_label"] == known for answer, known in zip(answered, classes, strict=True)]
    assert sum(right) > 0.95 * len(right)


def test_a_batch_of_rows_is_predicted_and_a_wrong_one_is_told(deployed: Stack, model: str) -> None:
    rows, classes = wine()

    def transform(*lines: str, expect: int = 0) -> Run:
        inputs = {"model_name": model, "input": put_rows(deployed, *lines), "split_type": "Line"}
        return run_workflow(deployed, "batch_transform", expect=expect, **inputs)

    with ThreadPoolExecutor(2) as threads:
        good = threads.submit(transform, *rows)
        bad = threads.submit(transform, "1,2,three", expect=1)
    output = good.result().output()
    assert output["TransformJobStatus"] == "Completed"
    written = read(cloud_of(deployed), output["TransformOutput"]["S3OutputPath"] + "rows.csv.out").decode()
    predicted = [line.split(",") for line in written.splitlines()]
    right = [int(label) == known for (label, *_), known in zip(predicted, classes, strict=True)]
    assert sum(right) > 0.95 * len(right)
    for _, *probabilities in predicted:
        assert sum(map(float, probabilities)) == pytest.approx(1, abs=1e-5)
    told = bad.result()
    assert told.describe()["status"] == "FAILED"
    (failed,) = told.events("TaskFailed")
    job = json.loads(failed["taskFailedEventDetails"]["cause"])
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] in told.text
    assert "/aws/sagemaker/TransformJobs" in told.text
