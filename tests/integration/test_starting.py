"""What the runtime's start leaves out is there once it is used, in a process of the cloud's Python."""

import subprocess

import pytest

from tests.integration.stack import CLOUD_PYTHON, ROOT

pytestmark = pytest.mark.integration

PROGRAM = """
import gc
import json
import sys

from localcloud.localstack import runtime, starting

starting.shorten()
runtime._import_what_needs_python_3_13()
assert not gc.isenabled()

from localstack.aws import spec
from localstack.services.events import provider
from localstack.services.stepfunctions import provider
from localstack.services.stepfunctions.asl.component.state.state_execution.state_task.service import (
    state_task_service_batch,
)
from localstack.utils.aws import message_forwarding
from localstack.utils.catalog.plugins import get_aws_catalog

left_out = (
    "moto.ec2", "moto.batch.models", "moto.apigateway", "openapi_core", "localstack.utils.catalog.common"
)
found = [name for name in left_out if name in sys.modules]
assert not found, found
assert state_task_service_batch.JobStatus.SUCCEEDED.value == "SUCCEEDED"
assert type(spec.loader.load_service_model("sqs", "service-2")["shapes"]) is dict

assert message_forwarding.extract_query_string_params("/here?one=1") == ("/here", {"one": "1"})
from localstack.services.apigateway.legacy.helpers import get_cors_response
assert callable(get_aws_catalog().get_aws_service_status)
from localstack.aws.catalog_exceptions import AwsServiceAvailabilityException

import moto.backends
import moto.batch
assert moto.backends.get_backend("batch") is moto.batch.batch_backends
from moto.batch.models import batch_backends
assert moto.batch.batch_backends is batch_backends

starting.settle()
starting.end()
assert gc.isenabled() and gc.get_freeze_count()
"""


def test_what_a_start_leaves_out_is_there_once_it_is_used() -> None:
    done = subprocess.run(
        [CLOUD_PYTHON, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
