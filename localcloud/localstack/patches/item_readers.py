"""The items that a Distributed Map finds by listing a bucket."""

from typing import Any

from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval.resource_eval_s3 import (  # noqa: E501
    ResourceEvalS3,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment


def apply() -> None:
    """Apply all patches of this module."""
    read_whole_listings()


def read_whole_listings() -> None:
    """Defects: only the first 1,000 objects are items; no object is an internal error.

    Source for the members of an item: Step Functions developer guide, "ItemReader (Map)".
    """

    def list_objects(env: Environment, runtime_part: Any, credentials: Any) -> None:
        client = ResourceEvalS3._get_s3_client(runtime_part, credentials)
        pages = client.get_paginator("list_objects_v2").paginate(**env.stack.pop())
        env.stack.append([_item(one) for page in pages for one in page.get("Contents", ())])

    ResourceEvalS3._handle_list_objects_v2 = staticmethod(list_objects)


def _item(listed: dict[str, Any]) -> dict[str, Any]:
    return {
        "Etag": listed["ETag"],
        "Key": listed["Key"],
        "LastModified": int(listed["LastModified"].timestamp()),
        "Size": listed["Size"],
        "StorageClass": listed.get("StorageClass", "STANDARD"),
    }
