"""AWS's SDKs, unmodified: the Data Science SDK and the SageMaker SDK v2 do their work on the local cloud.

The programs of tests/sdks run side by side in the SDKs' own environment, told only where the endpoint is;
what they have made is then looked at from here.
"""

import csv
import json
from collections.abc import Iterator

import pytest

from tests.integration import sdk_checks, sdk_programs
from tests.integration.machines import calls, machine
from tests.integration.sdk_programs import Program, job_tags, metrics, objects, predicted, share_right
from tests.integration.stack import ROOT
from tests.integration.wire import ROLE, Cloud

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def wine_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with sdk_programs.wine_cloud(tmp_path_factory.mktemp("sdks")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def programs(wine_cloud: Cloud) -> Iterator[dict[str, Program]]:
    with sdk_programs.programs(wine_cloud) as running:
        yield running


def test_an_estimator_trains_and_prints_the_log(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, printed = programs["estimator"].finish()
    accuracy = metrics(wine_cloud, found["job"])["accuracy"]
    assert accuracy > 0.9
    assert f"accuracy={accuracy:.6f}\n" in printed
    assert "Completed - Training job completed" in printed
    described = wine_cloud.sagemaker.describe_training_job(TrainingJobName=found["job"])
    sdk_checks.check_production_fields(described, f"s3://{found['name']}")
    assert described["RoleArn"] == f"arn:aws:iam::000000000000:role/{found['name']}"
    assert found["model_data"] == described["ModelArtifacts"]["S3ModelArtifacts"]


def test_what_is_deployed_predicts_until_it_is_deleted(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    found, _ = programs["estimator"].finish()
    assert share_right(found["predictions"]) > 0.95
    left = wine_cloud.sagemaker.list_endpoints(NameContains=found["endpoint"])["Endpoints"]
    left += wine_cloud.sagemaker.list_endpoints(NameContains=found["name"])["Endpoints"]
    assert left == []


def test_a_registered_and_approved_model_is_deployed(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["estimator"].finish()
    package = wine_cloud.sagemaker.describe_model_package(ModelPackageName=found["package"])
    assert (package["ModelPackageGroupName"], package["ModelPackageVersion"]) == (found["name"], 1)
    assert package["ModelApprovalStatus"] == "Approved"
    [container] = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == found["model_data"]
    assert found["package_predictions"] == found["predictions"]
    model = wine_cloud.sagemaker.describe_model(ModelName=found["package_model"])
    assert [item["ModelPackageName"] for item in model["Containers"]] == [found["package"]]


def test_a_tuner_finds_the_best_forest(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["tuner"].finish()
    objectives = found["objectives"]
    assert len(objectives) == 6
    assert all(name.startswith(f"{found['job']}-00") for name in objectives)
    assert objectives[found["best"]] == max(objectives.values()) > 0.85
    assert set(found["ranges"]) <= set(found["columns"])
    described = wine_cloud.sagemaker.describe_training_job(TrainingJobName=found["best"])
    assert described["HyperParameters"] == found["hyperparameters"]
    assert described["HyperParameters"]["_tuning_objective_metric"] == "accuracy"
    assert job_tags(wine_cloud, found["best"]) == [{"Key": "Project", "Value": "wine"}]
    again = found["again"]
    assert again["HyperParameterTuningJobStatus"] == "Completed"
    overall = again["OverallBestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert overall >= max(objectives.values())


def test_a_tuning_step_hands_on_its_best_model(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["tuner"].finish()
    first, second = found["steps"]["first"], found["steps"]["second"]
    assert {step["StepStatus"] for step in (*first.values(), *second.values())} == {"Succeeded"}
    arn = first["Tune"]["Metadata"]["TuningJob"]["Arn"]
    job = sdk_programs.tuning_job(wine_cloud, arn)
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    name = first["Save-CreateModel"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    model = wine_cloud.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert model["ModelDataUrl"].endswith(f"/{job['BestTrainingJob']['TrainingJobName']}/output/model.tar.gz")
    assert second["Tune"]["CacheHitResult"]["SourcePipelineExecutionArn"]
    assert second["Tune"]["Metadata"]["TuningJob"]["Arn"] == arn


def test_scripts_and_transforms_agree_about_a_model(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, printed = programs["batch"].finish()
    evaluation = json.loads(objects(wine_cloud, found["evaluation"])["evaluation.json"])
    assert f"evaluated {json.dumps(evaluation)} by {found['name']}" in printed
    lines = predicted(objects(wine_cloud, found["predictions"])["features.csv.out"])
    test = csv.reader(objects(wine_cloud, f"{found['parts']}/test/")["test.csv"].splitlines()[1:])
    known = [int(row[-1]) for row in test]
    assert evaluation["rows"] == len(known) == len(lines) > 50
    share = sum(map(int.__eq__, lines, known)) / len(known)
    assert evaluation["metrics"]["accuracy"]["value"] == round(share, 3) > 0.9


def test_a_pipeline_runs_every_step_of_a_good_model(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["pipeline"].finish()
    good, steps = found["good"], found["good"]["steps"]
    assert good["described"]["PipelineExecutionStatus"] == "Succeeded"
    assert good["described"]["PipelineExecutionDisplayName"] == "good"
    expected = {"Split", "Train", "Evaluate", "Decide", "Save-CreateModel", "Register-RegisterModel"}
    assert steps.keys() == expected | {"Transform", "Judge", "Ask"}
    assert {step["StepStatus"] for step in steps.values()} == {"Succeeded"}
    assert steps["Decide"]["Metadata"]["Condition"]["Outcome"] == "True"
    job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    assert metrics(wine_cloud, job)["accuracy"] > 0.9
    described = wine_cloud.sagemaker.describe_training_job(TrainingJobName=job)
    assert described["HyperParameters"] == {"n-estimators": "25"}

    name = steps["Save-CreateModel"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    container = wine_cloud.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    assert container["ModelDataUrl"] == described["ModelArtifacts"]["S3ModelArtifacts"]
    assert container["Environment"] == {"TOLD": "by the pipeline"}
    package = wine_cloud.sagemaker.describe_model_package(
        ModelPackageName=steps["Register-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    )
    assert package["ModelApprovalStatus"] == "Approved"
    outputs = steps["Judge"]["Metadata"]["Lambda"]["OutputParameters"]
    assert {item["Name"]: item["Value"] for item in outputs} == {"verdict": "fine", "model": name}
    execution = good["arn"].rpartition("/")[2]
    assert found["message"]["arguments"] == {"verdict": "fine", "execution": execution}
    assert steps["Ask"]["Metadata"]["Callback"]["OutputParameters"] == [{"Name": "answer", "Value": "yes"}]
    lines = predicted(objects(wine_cloud, f"{found['folder']}/predictions/")["features.csv.out"])
    assert len(lines) == 45
    assert set(lines) == {0, 1, 2}


def test_a_pipeline_refuses_a_poor_model_and_does_nothing_twice(programs: dict[str, Program]) -> None:
    found, _ = programs["pipeline"].finish()
    good, refused = found["good"], found["refused"]
    assert refused["described"]["PipelineExecutionStatus"] == "Failed"
    steps = refused["steps"]
    assert steps.keys() == {"Split", "Train", "Evaluate", "Decide", "Refuse"}
    assert steps["Refuse"]["FailureReason"].endswith(" is less than 1.01")
    for name in ("Split", "Train"):
        assert steps[name]["CacheHitResult"] == {"SourcePipelineExecutionArn": good["arn"]}
        assert steps[name]["Metadata"] == good["steps"][name]["Metadata"]
    assert found["listed"] == [refused["arn"], good["arn"]]


def test_a_pipeline_is_updated_by_upsert_and_deleted(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["pipeline"].finish()
    assert found["pipeline"]["PipelineDescription"] == "second"
    assert found["pipeline"]["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 4}
    assert found["tags"] == [{"Key": "Project", "Value": "wine"}]
    listed = wine_cloud.sagemaker.list_pipelines(PipelineNamePrefix=found["name"])["PipelineSummaries"]
    assert listed == []


def test_the_abalone_sample_of_aws_registers_a_model_with_its_error(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    found, _ = programs["abalone"].finish()
    good, refused = found["good"], found["refused"]
    assert (good["status"], refused["status"]) == ("Succeeded", "Failed")
    shared = {"AbaloneProcess", "AbaloneTrain", "AbaloneEval", "AbaloneMSECond"}
    trial = {"AbaloneRegisterModel-RegisterModel", "AbaloneCreateModel-CreateModel", "AbaloneTransform"}
    assert good["steps"].keys() == shared | trial
    assert refused["steps"].keys() == shared | {"AbaloneMSEFail"}
    assert refused["steps"]["AbaloneMSEFail"]["FailureReason"] == "Execution failed due to MSE > 3.0"
    assert good["steps"]["AbaloneMSECond"]["Metadata"]["Condition"]["Outcome"] == "True"

    registered = good["steps"]["AbaloneRegisterModel-RegisterModel"]["Metadata"]["RegisterModel"]["Arn"]
    package = wine_cloud.sagemaker.describe_model_package(ModelPackageName=registered)
    assert package["ModelApprovalStatus"] == "Approved"
    report = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    error = json.loads(objects(wine_cloud, report)["evaluation.json"])["regression_metrics"]["mse"]
    assert 3 < error["value"] <= 6
    lines = objects(wine_cloud, f"{found['folder']}/AbaloneTransform/")["BatchData.csv.out"].splitlines()
    assert len(lines) == 12
    assert all(0 < float(line) < 30 for line in lines)


@pytest.mark.parametrize("framework", ["scikit", "xgboost"])
def test_framework_estimators_run_a_script_of_a_source_directory(
    wine_cloud: Cloud, programs: dict[str, Program], framework: str
) -> None:
    found, printed = programs["frameworks"].finish()
    trained = found[framework]
    assert f"/sagemaker-{framework}" in trained["image"]
    for job in trained["jobs"]:  # The second finds nothing of what the first has written and installed.
        accuracy = metrics(wine_cloud, job)["accuracy"]
        assert accuracy > 0.9
        assert f"accuracy={accuracy:.6f} hello" in printed
    assert trained["model_data"].endswith(f"{trained['jobs'][-1]}/output/model.tar.gz")
    assert not (ROOT / "resources" / "images" / "scikit" / "scratch").exists()
    sdk_programs.check_trained_together(wine_cloud, found["together"], printed)


def test_the_sdk_v3_trains_with_a_script_and_a_role_that_it_makes(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    found, printed = programs["v3"].finish()
    trained = found["trained"]
    accuracy = metrics(wine_cloud, trained["job"])["accuracy"]
    assert accuracy > 0.9
    assert f"accuracy={accuracy:.6f} hello" in printed
    described = wine_cloud.sagemaker.describe_training_job(TrainingJobName=trained["job"])
    assert described["RoleArn"].endswith(f":role/SageMaker-AutoRole-{found['name']}-training")
    assert trained["status"] == described["TrainingJobStatus"]
    assert trained["model_data"] == described["ModelArtifacts"]["S3ModelArtifacts"]


def test_the_sdk_v3_tunes_a_script(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    tuned = programs["v3"].finish()[0]["tuned"]
    job = sdk_programs.tuning_job(wine_cloud, tuned["job"])
    assert tuned["status"] == job["HyperParameterTuningJobStatus"] == "Completed"
    best = job["BestTrainingJob"]
    assert (tuned["best"], tuned["depth"]) == (best["TrainingJobName"], best["TunedHyperParameters"]["depth"])
    assert tuned["accuracy"] == metrics(wine_cloud, tuned["best"])["accuracy"] > 0.8


def test_a_pipeline_of_the_sdk_v3_registers_a_good_model_and_refuses_a_poor_one(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    sdk_checks.check_third(wine_cloud, programs["v3"].finish()[0]["pipeline"])


def test_models_of_frameworks_are_served_by_their_scripts(programs: dict[str, Program]) -> None:
    found, _ = programs["frameworks"].finish()
    assert share_right([int(label) for label in found["scikit"]["predictions"]]) > 0.9  # AWS's defaults
    answer = found["xgboost"]["answer"]  # functions of the script's own
    assert share_right([int(label) for label in answer["classes"]]) > 0.9
    assert answer["accept"] == "application/json"


@pytest.mark.parametrize("way", ["script", "framework"])
def test_scripts_process_data_in_the_image_of_a_framework(
    wine_cloud: Cloud, programs: dict[str, Program], way: str
) -> None:
    found, printed = programs["frameworks"].finish()
    scaled = json.loads(objects(wine_cloud, found["outputs"][way])["scaled.json"])
    assert len(scaled) == 13
    assert all(round(column["mean"], 6) == 0 for column in scaled.values())
    assert "hello" in printed


def test_the_algorithm_of_an_image_needs_no_script(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, printed = programs["algorithm"].finish()
    assert metrics(wine_cloud, found["job"])["validation:mlogloss"] < 0.3
    assert "[7]#011train-mlogloss:" in printed
    (predictions,) = found["predictions"]
    assert share_right([int(float(label)) for label in predictions]) > 0.9
    assert found["refused"] == 415
    assert "Hyperparameter eta: 7.0 is not in [0, 1]" in found["failed"]


def test_functions_are_steps_of_a_pipeline(programs: dict[str, Program]) -> None:
    found, _ = programs["steps"].finish()
    assert found["steps"] == {"split": "Succeeded", "count": "Succeeded", "tell": "Succeeded"}
    rows = found["rows"]
    expected = {"1": f"every 1: {rows} of 3 classes", "2": f"every 2: {(rows + 1) // 2} of 3 classes"}
    assert found["results"] == expected


def test_a_hundred_commands_of_the_command_line(programs: dict[str, Program]) -> None:
    sdk_checks.check_commands(programs["commands"].finish()[0])


def test_data_is_checked_against_a_baseline(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    sdk_checks.check_quality(wine_cloud, programs["quality"].finish()[0])


def test_a_pipeline_runs_in_part(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    sdk_checks.check_selected(wine_cloud, programs["quality"].finish()[0])


def test_an_inference_pipeline_from_the_template_asks_two_models_at_once(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    sdk_checks.check_inference_pipeline(wine_cloud, programs["inference_pipeline"].finish()[0])


def test_a_run_of_an_experiment_is_found(programs: dict[str, Program]) -> None:
    sdk_checks.check_tracked(programs["quality"].finish()[0])


def test_the_sdk_knows_its_role_and_its_bucket(programs: dict[str, Program]) -> None:
    found, _ = programs["identity"].finish()
    assert found["execution_role"] == found["role"]
    assert (found["account"], found["bucket"]) == ("000000000000", "sagemaker-us-west-2-000000000000")


def test_a_workflow_goes_from_data_to_predictions(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["workflow"].finish()
    name = found["name"]
    assert found["first"]["input"] == {"Name": f"{name}-1", "Endpoint": name, "Trees": "20"}
    assert found["first"]["output"]["EndpointStatus"] == "InService"
    assert found["second"]["status"] == "SUCCEEDED"
    assert found["second"]["output"]["EndpointConfigName"] == f"{name}-2"
    for number, trees in (("1", "20"), ("2", "5")):
        assert metrics(wine_cloud, f"{name}-{number}")["accuracy"] > 0.8
        job = wine_cloud.sagemaker.describe_training_job(TrainingJobName=f"{name}-{number}")
        assert job["HyperParameters"] == {"random-state": "7", "n-estimators": trees}
        container = wine_cloud.sagemaker.describe_model(ModelName=f"{name}-{number}")["PrimaryContainer"]
        assert container["ModelDataUrl"] == job["ModelArtifacts"]["S3ModelArtifacts"]
    tags = {item["Key"]: item["Value"] for item in job_tags(wine_cloud, f"{name}-1")}
    assert tags["Project"] == "wine"
    assert tags["AWS_STEP_FUNCTIONS_EXECUTION_ARN"] == found["first"]["arn"]
    lines = predicted(objects(wine_cloud, f"{found['folder']}/predictions/")["features.csv.out"])
    parts = objects(wine_cloud, f"{found['folder']}/parts/features/")
    assert len(lines) == len(parts["features.csv"].splitlines()) > 30
    assert share_right(found["predictions"]) > 0.9


def test_a_workflow_is_attached_updated_listed_and_deleted(programs: dict[str, Program]) -> None:
    found, _ = programs["workflow"].finish()
    assert found["created_again"] == found["created"]
    assert found["attached"] == found["updated"]
    assert found["attached"]["StartAt"] == "Train"
    assert found["succeeded"] == [found["second"]["arn"], found["first"]["arn"]]
    events = found["events"]
    assert (events[0], events[-1]) == ("ExecutionStarted", "ExecutionSucceeded")
    assert {"TaskSubmitted", "WaitStateEntered", "ChoiceStateEntered"} <= set(events)
    assert found["last_event"] == "ExecutionSucceeded"
    assert found["name"] not in found["left"]


def test_a_training_pipeline_from_the_template_predicts(
    wine_cloud: Cloud, programs: dict[str, Program]
) -> None:
    found, _ = programs["training_pipeline"].finish()
    assert found["status"] == "SUCCEEDED"
    job = wine_cloud.sagemaker.describe_training_job(TrainingJobName=found["job"])
    assert job["HyperParameters"] == {"n-estimators": "10", "random-state": "2"}
    assert metrics(wine_cloud, found["job"])["accuracy"] > 0.8
    assert share_right(found["predictions"]) > 0.9


def test_states_around_jobs(wine_cloud: Cloud, programs: dict[str, Program]) -> None:
    found, _ = programs["states"].finish()
    forests, told = found["good"]["Output"]
    artifacts = "s3://{0}/models/{0}-a-{1}/output/model.tar.gz"
    assert [forest if forest == "none" else forest["S3ModelArtifacts"] for forest in forests] == [
        artifacts.format(found["name"], 0),
        "none",
        artifacts.format(found["name"], 2),
    ]
    failed = wine_cloud.sagemaker.describe_training_job(TrainingJobName=f"{found['name']}-a-1")
    assert "n-estimators" in failed["FailureReason"]
    assert told == "told"
    assert [message["Body"] for message in found["messages"]] == [f"{found['name']}-a"]
    assert found["idle"]["Error"] == "States.TaskFailed"
    assert json.loads(found["idle"]["Cause"])["Error"] == "NothingToDo"
    assert found["statuses"] == ["FAILED", "SUCCEEDED"]
    assert found["attempts"] == [3, 3]
    assert "Expected run input with the schema" in found["refused"]


def test_an_execution_is_stopped_with_its_reason(programs: dict[str, Program]) -> None:
    stopped = programs["states"].finish()[0]["stopped"]
    assert (stopped["status"], stopped["error"]) == ("ABORTED", "Enough")
    assert stopped["cause"] == "nobody waits an hour"
    assert stopped["listed"] == [stopped["executionArn"]]
    assert stopped["given"] is None


def test_role_arn_is_a_reference_wherever_it_stands(wine_cloud: Cloud) -> None:
    role = {"RoleArn.$": "$.role"}
    call = calls(wine_cloud.function(), payload={"given": role}, Credentials=role)
    output = machine(wine_cloud, ("call", call)).start({"role": ROLE}).output()
    assert output["Payload"]["given"] == {"RoleArn": ROLE}
