"""Associations and QueryLineage: a graph of a data set, a training job, a model and an endpoint."""

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud, Document


def _artifact(cloud: Cloud, name: str, kind: str) -> str:
    made = cloud.call(
        "CreateArtifact",
        ArtifactName=name,
        ArtifactType=kind,
        Source={"SourceUri": f"s3://bucket/{name}"},
        Properties={"team": name[:1]},
    )
    return str(made["ArtifactArn"])


@pytest.fixture
def graph(cloud: Cloud) -> dict[str, str]:
    """Make data -> training -> model -> endpoint, and other data -> model."""
    arns = {
        "data": _artifact(cloud, "data", "DataSet"),
        "other": _artifact(cloud, "other", "DataSet"),
        "model": _artifact(cloud, "model", "Model"),
        "training": str(
            cloud.call("CreateTrialComponent", TrialComponentName="training")["TrialComponentArn"]
        ),
        "endpoint": str(
            cloud.call(
                "CreateContext",
                ContextName="endpoint",
                ContextType="Endpoint",
                Source={"SourceUri": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/live"},
            )["ContextArn"]
        ),
    }
    for source, destination, kind in (
        ("data", "training", "ContributedTo"),
        ("training", "model", "Produced"),
        ("other", "model", None),
        ("model", "endpoint", "AssociatedWith"),
    ):
        ends = {"SourceArn": arns[source], "DestinationArn": arns[destination]}
        assert cloud.call("AddAssociation", **ends, **({"AssociationType": kind} if kind else {})) == ends
    return arns


def _names(graph: dict[str, str], answer: Document) -> set[str]:
    vertices = answer["Vertices"]
    assert isinstance(vertices, list)
    return {name for item in vertices for name, arn in graph.items() if arn == item["Arn"]}


def _edges(graph: dict[str, str], answer: Document) -> set[tuple[str, str]]:
    names = {arn: name for name, arn in graph.items()}
    edges = answer["Edges"]
    assert isinstance(edges, list)
    return {(names[item["SourceArn"]], names[item["DestinationArn"]]) for item in edges}


@pytest.mark.parametrize(
    ("start", "request_", "found"),
    [
        ("endpoint", {"Direction": "Ascendants"}, {"data", "other", "training", "model"}),
        ("endpoint", {"Direction": "Ascendants", "MaxDepth": 2}, {"other", "training", "model"}),
        ("endpoint", {"Direction": "Descendants"}, set()),
        ("model", {}, {"data", "other", "training", "endpoint"}),
        ("training", {"Direction": "Both"}, {"data", "model", "endpoint"}),  # not its siblings
        ("endpoint", {"Filters": {"Types": ["DataSet"]}}, {"data", "other"}),
        ("endpoint", {"Filters": {"LineageTypes": ["TrialComponent"]}}, {"training"}),
        ("endpoint", {"Filters": {"Properties": {"team": "o", "none": "x"}}}, {"other"}),
    ],
)
def test_a_query_finds_what_lies_before_and_after(
    cloud: Cloud, graph: dict[str, str], start: str, request_: Document, found: set[str]
) -> None:
    answer = cloud.call("QueryLineage", StartArns=[graph[start]], IncludeEdges=False, **request_)
    assert _names(graph, answer) == found
    assert answer["Edges"] == []


def test_edges_are_those_on_the_ways_to_what_is_found(cloud: Cloud, graph: dict[str, str]) -> None:
    answer = cloud.call("QueryLineage", StartArns=[graph["endpoint"]], Filters={"Types": ["DataSet"]})
    assert _names(graph, answer) == set(graph)
    assert len(_edges(graph, answer)) == 4
    answer = cloud.call(
        "QueryLineage", StartArns=[graph["endpoint"]], Filters={"LineageTypes": ["TrialComponent"]}
    )
    assert _edges(graph, answer) == {("training", "model"), ("model", "endpoint")}


def test_without_a_start_all_entities_that_pass_are_found_page_by_page(
    cloud: Cloud, graph: dict[str, str]
) -> None:
    filters = {"LineageTypes": ["Artifact"]}
    first = cloud.call("QueryLineage", Filters=filters, MaxResults=2)
    rest = cloud.call("QueryLineage", Filters=filters, MaxResults=2, NextToken=first["NextToken"])
    assert _names(graph, first) | _names(graph, rest) == {"data", "other", "model"}
    assert "NextToken" not in rest


def test_a_circle_ends(cloud: Cloud, graph: dict[str, str]) -> None:
    cloud.call("AddAssociation", SourceArn=graph["endpoint"], DestinationArn=graph["data"])
    answer = cloud.call("QueryLineage", StartArns=[graph["data"]], Direction="Descendants")
    assert len(_edges(graph, answer)) == 4


def test_associations_are_listed_by_their_ends(cloud: Cloud, graph: dict[str, str]) -> None:
    def found(**request: object) -> list[object]:
        listed = cloud.listed("ListAssociations", "AssociationSummaries", **request)
        return [item.get("SourceName") for item in listed]

    assert len(found()) == 4
    assert found(DestinationArn=graph["model"], SortBy="SourceArn")
    assert set(found(DestinationArn=graph["model"])) == {"training", "other"}
    assert found(SourceType="DataSet", DestinationType="Model") == ["other"]
    assert found(AssociationType="Produced") == ["training"]
    with pytest.raises(ServiceError) as caught:
        found(SourceArn="arn:aws:sagemaker:eu-west-1:123456789012:context/none")
    assert caught.value.code == "ResourceNotFound"


def test_an_entity_is_deleted_after_its_associations(cloud: Cloud, graph: dict[str, str]) -> None:
    with pytest.raises(ServiceError, match="has associations"):
        cloud.call("DeleteContext", ContextName="endpoint")
    ends = {"SourceArn": graph["model"], "DestinationArn": graph["endpoint"]}
    assert cloud.call("DeleteAssociation", **ends) == ends
    with pytest.raises(ServiceError) as caught:
        cloud.call("DeleteAssociation", **ends)
    assert caught.value.code == "ResourceNotFound"
    cloud.call("DeleteContext", ContextName="endpoint")


def test_what_cannot_be_associated(cloud: Cloud, graph: dict[str, str]) -> None:
    experiment = cloud.call("CreateExperiment", ExperimentName="churn")["ExperimentArn"]
    for source, destination, message in (
        (graph["data"], graph["data"], "must not be the same"),
        (experiment, graph["training"], "two experiment entities"),
        (graph["data"], graph["training"], "already exists"),
        (graph["data"], f"{graph['endpoint']}-none", "does not exist"),
    ):
        with pytest.raises(ServiceError, match=message):
            cloud.call("AddAssociation", SourceArn=source, DestinationArn=destination)
    for given in ({"MaxDepth": 0}, {"MaxResults": -1}):
        with pytest.raises(ServiceError, match="at least 1"):
            cloud.call("QueryLineage", **given)
