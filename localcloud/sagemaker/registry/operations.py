"""What the model registry offers, by the names of the service model."""

from collections.abc import Mapping

from localcloud.sagemaker.registry import group_operations, package_operations
from localcloud.sagemaker.registry.call import RegistryOperation

OPERATIONS: Mapping[str, RegistryOperation] = {
    "CreateModelPackage": package_operations.create_model_package,
    "CreateModelPackageGroup": group_operations.create_model_package_group,
    "DeleteModelPackage": package_operations.delete_model_package,
    "DeleteModelPackageGroup": group_operations.delete_model_package_group,
    "DescribeModelPackage": package_operations.describe_model_package,
    "DescribeModelPackageGroup": group_operations.describe_model_package_group,
    "ListModelPackageGroups": group_operations.list_model_package_groups,
    "ListModelPackages": package_operations.list_model_packages,
    "UpdateModelPackage": package_operations.update_model_package,
}
