"""What hosting offers, by the names of the service model."""

from collections.abc import Mapping

from localcloud.sagemaker.hosting import (
    config_operations,
    endpoint_descriptions,
    endpoint_operations,
    model_operations,
)
from localcloud.sagemaker.hosting.call import HostingOperation

OPERATIONS: Mapping[str, HostingOperation] = {
    "CreateEndpoint": endpoint_operations.create_endpoint,
    "CreateEndpointConfig": config_operations.create_endpoint_config,
    "CreateModel": model_operations.create_model,
    "DeleteEndpoint": endpoint_operations.delete_endpoint,
    "DeleteEndpointConfig": config_operations.delete_endpoint_config,
    "DeleteModel": model_operations.delete_model,
    "DescribeEndpoint": endpoint_descriptions.describe_endpoint,
    "DescribeEndpointConfig": config_operations.describe_endpoint_config,
    "DescribeModel": model_operations.describe_model,
    "ListEndpointConfigs": config_operations.list_endpoint_configs,
    "ListEndpoints": endpoint_descriptions.list_endpoints,
    "ListModels": model_operations.list_models,
    "UpdateEndpoint": endpoint_operations.update_endpoint,
    "UpdateEndpointWeightsAndCapacities": endpoint_operations.update_endpoint_weights_and_capacities,
}
