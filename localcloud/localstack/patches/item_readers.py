"""The items that a Distributed Map reads: of listings, files, manifests, and of all files of a listing."""

from collections.abc import Iterator
from typing import Any

from localstack.services.stepfunctions.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval.resource_eval_s3 import (  # noqa: E501
    ResourceEvalS3,
)
from localstack.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval.resource_output_transformer.resource_output_transformer_json import (  # noqa: E501
    ResourceOutputTransformerJson,
)
from localstack.services.stepfunctions.asl.eval.environment import Environment

from localcloud.localstack.patches.maps import failure_of_map_run, own_field
from localcloud.states_language.item_files import (
    Config,
    ItemsError,
    athena_files,
    inventory_files,
    inventory_items,
    items_of,
)


def apply() -> None:
    """Apply all patches of this module."""
    read_all_kinds_of_items()


def read_all_kinds_of_items() -> None:
    """Defects: JSON and CSV with commas are all that is read, and the first 1,000 objects of a listing.

    Source for the members of an item of a listing: Step Functions developer guide, "ItemReader (Map)".
    """

    def list_objects(env: Environment, runtime_part: Any, credentials: Any) -> None:
        client, parameters = ResourceEvalS3._get_s3_client(runtime_part, credentials), env.stack.pop()
        pages = client.get_paginator("list_objects_v2").paginate(**parameters)
        listed = [_item(one) for page in pages for one in page.get("Contents", ())]
        config = _config(env)
        if config.get("Transformation") == "LOAD_AND_FLATTEN":
            listed = _read(env, _loaded(client, parameters["Bucket"], listed, config))
        env.stack.append(listed)

    def get_object(env: Environment, runtime_part: Any, credentials: Any) -> None:
        client, parameters = ResourceEvalS3._get_s3_client(runtime_part, credentials), env.stack.pop()
        content = client.get_object(**parameters)["Body"].read()
        env.stack.append(_read(env, _items(client, content, _config(env))))

    def limit(self: ResourceOutputTransformerJson, env: Environment) -> None:
        most, items = env.stack.pop()["MaxItemsValue"], env.stack.pop()
        env.stack.append(items[:most])

    ResourceEvalS3._handle_list_objects_v2 = staticmethod(list_objects)
    ResourceEvalS3._handle_get_object = staticmethod(get_object)
    ResourceOutputTransformerJson._eval_body = limit


def _config(env: Environment) -> Config:
    config: Config = own_field(env, "ItemReader")[0].get("ReaderConfig", {})
    return config


def _read(env: Environment, items: Iterator[Any]) -> list[Any]:
    try:
        return list(items)
    except ItemsError as error:
        raise failure_of_map_run(env, StatesErrorNameType.StatesItemReaderFailed, str(error)) from error


def _loaded(client: Any, bucket: str, listed: list[dict[str, Any]], config: Config) -> Iterator[Any]:
    for one in listed:
        if not one["Key"].endswith("/"):  # what a console makes for a folder
            yield from items_of(_content(client, bucket, one["Key"]), config)


def _items(client: Any, content: bytes, config: Config) -> Iterator[Any]:
    """Read the items of a file, or of the files that it names."""
    if config.get("ManifestType") == "ATHENA_DATA":
        for bucket, key in athena_files(content):
            yield from items_of(_content(client, bucket, key), config)
    elif config.get("InputType") == "MANIFEST" or "ManifestType" in config:
        bucket, keys, columns = inventory_files(content)
        for key in keys:
            yield from inventory_items(_content(client, bucket, key), columns)
    else:
        yield from items_of(content, config)


def _content(client: Any, bucket: str, key: str) -> bytes:
    content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _item(listed: dict[str, Any]) -> dict[str, Any]:
    return {
        "Etag": listed["ETag"],
        "Key": listed["Key"],
        "LastModified": int(listed["LastModified"].timestamp()),
        "Size": listed["Size"],
        "StorageClass": listed.get("StorageClass", "STANDARD"),
    }
