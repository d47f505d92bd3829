"""ListNotebookInstances: really none, but checked like any other request."""

from datetime import UTC, datetime

import pytest

from localcloud.errors import ServiceError
from tests.unit.localcloud.sagemaker.cloud import Cloud


def test_there_are_none_whatever_is_looked_for(cloud: Cloud) -> None:
    assert cloud.call("ListNotebookInstances", MaxResults=5) == {"NotebookInstances": []}
    wanted = {
        "NameContains": "my-notebook",
        "StatusEquals": "InService",
        "SortBy": "CreationTime",
        "CreationTimeAfter": datetime(2026, 1, 1, tzinfo=UTC),
    }
    assert cloud.call("ListNotebookInstances", **wanted) == {"NotebookInstances": []}


@pytest.mark.parametrize(
    ("member", "value"),
    [("MaxResults", 101), ("StatusEquals", "Sleeping"), ("NameContains", "a b"), ("NextToken", "unheard")],
)
def test_filters_and_tokens_are_checked(cloud: Cloud, member: str, value: object) -> None:
    with pytest.raises(ServiceError) as caught:
        cloud.call("ListNotebookInstances", **{member: value})
    assert caught.value.code == "ValidationException"
