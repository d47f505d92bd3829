"""Our services as LocalStack finds them, made once for a process."""

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from localstack.aws.api import RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.services.plugins import Service, aws_provider

from localcloud.localstack.catalog import SHARED
from localcloud.localstack.ports import LocalStackHost
from localcloud.localstack.settings import IMAGES_VARIABLE, SAVED_VARIABLE
from localcloud.localstack.shell import service_of

if TYPE_CHECKING:
    from localcloud.geospatial.api import Geospatial
    from localcloud.sagemaker.api import SageMaker


@aws_provider(api="sagemaker")
def sagemaker() -> Service:
    """Make SageMaker, with LocalStack's other services at hand."""
    return service_of("sagemaker", sagemaker_of_this_process())


@aws_provider(api="sagemaker-runtime")
def sagemaker_runtime() -> Service:
    """Make what invokes the endpoints of SageMaker."""
    return service_of("sagemaker-runtime", sagemaker_of_this_process().runtime)


def sagemaker_metrics() -> Service:
    """Make what keeps the metrics of trial components; `patches.routes` tells LocalStack of it."""
    return service_of("sagemaker-metrics", sagemaker_of_this_process().metrics)


@aws_provider(api="sagemaker-geospatial")
def sagemaker_geospatial() -> Service:
    """Make SageMaker geospatial."""
    return service_of("sagemaker-geospatial", geospatial_of_this_process())


@aws_provider(api="ecr")
def ecr() -> Service:
    """Make the registry of image repositories, as moto has it: what they are called and their policies."""
    from localstack.aws.spec import load_service  # noqa: PLC0415 - loaded with the service
    from localstack.services.moto import call_moto  # noqa: PLC0415

    def handle(context: RequestContext, request: Mapping[str, object]) -> object:
        return call_moto(context)

    operations = dict.fromkeys(load_service("ecr").operation_names, handle)
    return Service("ecr", skeleton=Skeleton(load_service("ecr"), operations))


@cache
def sagemaker_of_this_process() -> "SageMaker":
    """Make the one SageMaker of this process, with a working folder that ends with the run."""
    from localcloud.containers.images import Images  # noqa: PLC0415 - loaded with the service
    from localcloud.sagemaker.api import SageMaker  # noqa: PLC0415

    folder = Path(tempfile.gettempdir(), "sagemaker")
    folder.mkdir(parents=True, exist_ok=True)
    registry = os.environ.get(IMAGES_VARIABLE)
    images = Images(None if registry is None else Path(registry))
    return SageMaker(LocalStackHost(), images=images, folder=folder)


@cache
def geospatial_of_this_process() -> "Geospatial":
    """Make the one SageMaker geospatial of this process; results outlive it where its state does."""
    from localcloud.geospatial.api import Geospatial  # noqa: PLC0415 - loaded with the service

    saved = os.environ.get(SAVED_VARIABLE)
    directory = Path(saved or tempfile.gettempdir(), "geospatial")
    directory.mkdir(parents=True, exist_ok=True)
    shared = SHARED if SHARED.is_dir() and os.access(SHARED, os.W_OK) else None
    return Geospatial(LocalStackHost(), directory, gazetteer_folder=shared, keeps_results=saved is not None)
