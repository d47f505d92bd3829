"""A request that comes while its service is being loaded waits for it, and is served."""

import subprocess

import pytest

from tests.integration.stack import CLOUD_PYTHON, ROOT

pytestmark = pytest.mark.integration

# LocalStack's own loader, with a router that takes its time: on a busy machine it does.
PROGRAM = """
import threading, time
from types import SimpleNamespace
from localcloud.localstack.runtime import _import_what_needs_python_3_13
_import_what_needs_python_3_13()
from localcloud.localstack.patches import routes
from localstack.aws.handlers.service_plugin import ServiceLoader
from localstack.services.plugins import Service

class Services:
    def exists(self, name): return True
    def require(self, name): return Service(name)

class Router:
    is_filled = False
    def add_skeleton(self, skeleton):
        time.sleep(0.5)
        self.is_filled = True

routes.apply()
router = Router()
loader = ServiceLoader(Services(), router)
context = SimpleNamespace(service=SimpleNamespace(service_name="sqs"))
found = []

def ask():
    loader(None, context, None)
    found.append(router.is_filled)

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
    time.sleep(0.02)
for thread in threads:
    thread.join()
print(found == [True] * 8)
"""


def test_no_request_is_ahead_of_the_routes_of_its_service() -> None:
    command = [str(CLOUD_PYTHON), "-c", PROGRAM]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.stdout.splitlines()[-1:] == ["True"], ended.stdout + ended.stderr
