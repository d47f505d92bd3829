"""The zip files that functions are made of, and functions whose code could not be used."""

import io
import zipfile
from pathlib import Path
from typing import Any

from localstack import config
from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import connect_to
from localstack.services.lambda_ import hooks, provider
from localstack.services.lambda_.invocation import lambda_models, lambda_service
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.provider import LambdaProvider, RequestEntityTooLargeException
from localstack.utils.archives import get_unzipped_size
from localstack.utils.patch import patch

from localcloud.localstack.functions.package import PackageError, check, unpack

CANNOT_UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."
UNZIPPED_TOO_LARGE = f"Unzipped size must be smaller than {config.LAMBDA_LIMITS_CODE_SIZE_UNZIPPED} bytes"


def apply() -> None:
    """Apply all patches of this module."""
    write_nothing_outside_of_a_package()
    bound_packages()
    delete_and_update_functions_that_failed()


def write_nothing_outside_of_a_package() -> None:
    """Defect: members of a zip file are written wherever they lead; what cannot be unpacked is accepted.

    The modes of files outside are changed too, through links.
    """

    def checked_size(zip_file: io.BytesIO) -> int:
        try:
            size = int(get_unzipped_size(zip_file))
            if size < config.LAMBDA_LIMITS_CODE_SIZE_UNZIPPED:  # else the caller refuses it for that
                check(zip_file)
        except (PackageError, zipfile.BadZipFile) as error:
            raise InvalidParameterValueException(CANNOT_UNZIP, Type="User") from error
        return size

    lambda_service.get_unzipped_size = checked_size
    lambda_models.unzip = lambda path, target: unpack(path, Path(target))
    lambda_models.chmod_r = lambda *_: None  # what is unpacked has its modes


def bound_packages() -> None:
    """Defect: an update takes a zip file of any size, and an object of any size is read into memory."""

    @patch(LambdaProvider.update_function_code)
    def update_function_code(fn: Any, self: LambdaProvider, context: RequestContext, request: Any) -> Any:
        limit = config.LAMBDA_LIMITS_CREATE_FUNCTION_REQUEST_SIZE
        zipped = len(request.get("ZipFile") or b"")
        if zipped > config.LAMBDA_LIMITS_CODE_SIZE_ZIPPED or context.request.content_length > limit:
            raise RequestEntityTooLargeException(
                f"Request must be smaller than {limit} bytes for the UpdateFunctionCode operation"
            )
        return fn(self, context, request)

    read = lambda_service.store_s3_bucket_archive

    def store(archive_bucket: str, archive_key: str, archive_version: str | None, **kwargs: Any) -> Any:
        version = {"VersionId": archive_version} if archive_version else {}
        s3 = connect_to().s3
        try:
            size = s3.head_object(Bucket=archive_bucket, Key=archive_key, **version)["ContentLength"]
        except s3.exceptions.ClientError:  # refused by what comes next, in AWS's words
            size = 0
        if size > config.LAMBDA_LIMITS_CODE_SIZE_UNZIPPED:
            raise InvalidParameterValueException(UNZIPPED_TOO_LARGE, Type="User")
        return read(archive_bucket, archive_key, archive_version, **kwargs)

    lambda_service.store_s3_bucket_archive = provider.store_s3_bucket_archive = store


def delete_and_update_functions_that_failed() -> None:
    """Defect: a function in state Failed can be neither deleted nor given other code: HTTP 500."""

    @patch(LambdaService.stop_version)
    def stop_version(fn: Any, self: LambdaService, qualified_arn: str) -> None:
        if qualified_arn in self.lambda_running_versions or qualified_arn in self.lambda_starting_versions:
            fn(self, qualified_arn)
        else:
            hooks.delete_function_version.run(qualified_arn)

    @patch(LambdaService.update_version)
    def update_version(fn: Any, self: LambdaService, new_version: FunctionVersion) -> Any:
        if new_version.qualified_arn in self.lambda_running_versions:
            return fn(self, new_version)
        return self.create_function_version(new_version)
