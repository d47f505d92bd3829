"""Experiments, trials and trial components: made, associated, listed, searched, and made by executions."""

from collections.abc import Mapping

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, get, lambda_step


def _trial(cloud: Cloud) -> None:
    cloud.call("CreateExperiment", ExperimentName="churn")
    cloud.call("CreateTrial", TrialName="monday", ExperimentName="churn")
    cloud.call("CreateTrialComponent", TrialComponentName="train", Parameters={"depth": {"NumberValue": 3.0}})
    cloud.call("CreateTrialComponent", TrialComponentName="alone")


def _found(cloud: Cloud, resource: str, member: str, *filters: Mapping[str, object]) -> list[object]:
    results = cloud.listed(
        "Search", "Results", Resource=resource, SearchExpression={"Filters": list(filters)}
    )
    return [item[member]["TrialComponentName"] for item in results]  # type: ignore[index]


def test_components_are_listed_by_trial_and_experiment(cloud: Cloud) -> None:
    _trial(cloud)
    both = {"TrialComponentName": "train", "TrialName": "monday"}
    answer = cloud.call("AssociateTrialComponent", **both)
    assert str(answer["TrialArn"]).endswith(":experiment-trial/monday")
    for given in ({"TrialName": "monday"}, {"ExperimentName": "churn"}):
        listed = cloud.listed("ListTrialComponents", "TrialComponentSummaries", **given)
        assert [item["TrialComponentName"] for item in listed] == ["train"]
    (trial,) = cloud.listed("ListTrials", "TrialSummaries", TrialComponentName="train")
    assert trial["DisplayName"] == "monday"
    parent = {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "churn"}
    assert _found(cloud, "ExperimentTrialComponent", "TrialComponent", parent) == ["train"]


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("Parameters.depth.NumberValue", "GreaterThan", "2", ["train"]),
        ("Parameters.depth", "GreaterThanOrEqualTo", "3", ["train"]),
        ("Parameters.depth", "LessThan", "3", []),
        ("Parameters.depth", "Equals", "3", ["train"]),
        ("Parameters.depth", "Equals", "deep", ["words"]),
        ("Parameters.a.b", "Equals", "dotted", ["words"]),
        ("Parameters.none", "NotExists", None, ["words", "alone", "train"]),
    ],
)
def test_components_are_found_by_their_parameters(
    cloud: Cloud, name: str, operator: str, value: str | None, expected: list[str]
) -> None:
    _trial(cloud)
    texts = {"depth": {"StringValue": "deep"}, "a.b": {"StringValue": "dotted"}}
    cloud.call("CreateTrialComponent", TrialComponentName="words", Parameters=texts)
    item = {"Name": name, "Operator": operator} | ({} if value is None else {"Value": value})
    assert _found(cloud, "ExperimentTrialComponent", "TrialComponent", item) == expected


def test_what_is_associated_is_not_deleted(cloud: Cloud) -> None:
    _trial(cloud)
    both = {"TrialComponentName": "train", "TrialName": "monday"}
    cloud.call("AssociateTrialComponent", **both)
    for operation, given in (
        ("DeleteExperiment", {"ExperimentName": "churn"}),
        ("DeleteTrial", {"TrialName": "monday"}),
        ("DeleteTrialComponent", {"TrialComponentName": "train"}),
    ):
        with pytest.raises(ServiceError) as caught:
            cloud.call(operation, **given)
        assert caught.value.code == "ValidationException"
    cloud.call("DisassociateTrialComponent", **both)
    with pytest.raises(ServiceError) as caught:
        cloud.call("DisassociateTrialComponent", **both)
    assert caught.value.code == "ResourceNotFound"
    cloud.call("DeleteTrialComponent", TrialComponentName="train")
    cloud.call("DeleteTrial", TrialName="monday")
    cloud.call("DeleteExperiment", ExperimentName="churn")


def test_an_update_adds_parameters_and_takes_them_away(cloud: Cloud) -> None:
    _trial(cloud)
    cloud.call(
        "UpdateTrialComponent",
        TrialComponentName="train",
        Parameters={"rate": {"NumberValue": 0.1}},
        ParametersToRemove=["depth"],
    )
    found = cloud.call("DescribeTrialComponent", TrialComponentName="train")
    assert found["Parameters"] == {"rate": {"NumberValue": 0.1}}


def test_an_execution_makes_its_experiment_and_trial(cloud: Cloud) -> None:
    config = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    arns = [cloud.run(lambda_step("step"), PipelineExperimentConfig=config)]
    arns.append(cloud.start())
    cloud.wait_for_end(arns[1])
    (experiment,) = cloud.listed("ListExperiments", "ExperimentSummaries")
    assert experiment["ExperimentName"] == "pipeline"
    trials = cloud.listed("ListTrials", "TrialSummaries", ExperimentName="pipeline")
    assert {item["TrialName"] for item in trials} == {arn.rpartition("/")[2] for arn in arns}


def test_pipelines_executions_and_packages_are_searched(cloud: Cloud) -> None:
    arn = cloud.run(lambda_step("step"), Tags=[{"Key": "team", "Value": "data"}])
    tag = {"Name": "Tags.team", "Operator": "Equals", "Value": "data"}
    (pipeline,) = cloud.listed("Search", "Results", Resource="Pipeline", SearchExpression={"Filters": [tag]})
    assert pipeline["Pipeline"]["PipelineName"] == "pipeline"  # type: ignore[index]
    status = {"Name": "PipelineExecutionStatus", "Operator": "Equals", "Value": "Succeeded"}
    (execution,) = cloud.listed(
        "Search", "Results", Resource="PipelineExecution", SearchExpression={"Filters": [status]}
    )
    assert execution["PipelineExecution"]["PipelineExecutionArn"] == arn  # type: ignore[index]
    cloud.call("CreateModelPackageGroup", ModelPackageGroupName="churn")
    package = cloud.call("CreateModelPackage", ModelPackageGroupName="churn")["ModelPackageArn"]
    (found,) = cloud.listed("Search", "Results", Resource="ModelPackage")
    assert found["ModelPackage"]["ModelPackageArn"] == package  # type: ignore[index]
    missing = str(package).replace("/1", "/2")
    described = cloud.call("BatchDescribeModelPackage", ModelPackageArnList=[package, missing])
    assert set(described["ModelPackageSummaries"]) == {package}  # type: ignore[call-overload]
    errors = described["BatchDescribeModelPackageErrorMap"]
    assert errors[missing]["ErrorCode"] == "ValidationException"  # type: ignore[index]
