"""Lambda functions in Node.js on the wire: invoked, failing, with layers, and what their log has."""

import io
import json
import shutil
import zipfile
from collections.abc import Mapping

import pytest

from tests.integration.wire import ROLE, Cloud, eventually, unique

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on PATH"),
]

HANDLER = """
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)

export const handler = async (event, context) => {
  console.log('asked to', event.do)
  switch (event.do) {
    case 'fail': throw new TypeError('no good')
    case 'take too long': return await new Promise((resolve) => setTimeout(resolve, 60_000))
    case 'exit': process.exit(1)
    case 'use the layer': return require('helper').name
    default: return { memory: context.memoryLimitInMB, name: context.functionName, env: process.env.GREETING,
                      runtime: process.env.AWS_EXECUTION_ENV, event }
  }
}
"""


def zipped(files: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_a_function_in_node_is_served_as_on_aws(cloud: Cloud) -> None:
    layer = cloud.functions.publish_layer_version(
        LayerName=unique("layer"),
        Content={"ZipFile": zipped({"nodejs/node_modules/helper/index.js": "exports.name = 'of the layer'"})},
    )["LayerVersionArn"]
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": zipped({"index.mjs": HANDLER})},
        Timeout=2,
        Layers=[layer],
        Environment={"Variables": {"GREETING": "hello"}},
    )
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["State"], "Active".__eq__
    )
    answered = cloud.invoke(name, {"a": 1})
    assert answered.payload == {
        "memory": "128",
        "name": name,
        "env": "hello",
        "runtime": "AWS_Lambda_nodejs22.x",
        "event": {"a": 1},
    }
    assert cloud.invoke(name, {"do": "use the layer"}).payload == "of the layer"

    failed = cloud.invoke(name, {"do": "fail"})
    assert (failed.error, failed.payload["errorType"]) == ("Unhandled", "TypeError")
    assert failed.payload["errorMessage"] == "no good"
    assert failed.payload["trace"][:2] == [
        "TypeError: no good",
        "    at Runtime.handler (file:///var/task/index.mjs:8:24)",
    ]
    late = cloud.invoke(name, {"do": "take too long"})
    assert late.payload["errorMessage"].endswith("Task timed out after 2.00 seconds")
    gone = cloud.invoke(name, {"do": "exit"})
    assert gone.payload["errorType"] == "Runtime.ExitError"
    assert cloud.invoke(name).error is None  # in a new process

    def logged() -> list[str]:
        group = f"/aws/lambda/{name}"
        return [one["message"] for one in cloud.logs.filter_log_events(logGroupName=group)["events"]]

    lines = eventually(logged, lambda lines: sum("REPORT" in line for line in lines) == 6)
    (line,) = (one for one in lines if "asked to fail" in one)
    assert line.split("\t")[1:3] == [failed.request_id, "INFO"]
    (told,) = (one for one in lines if "Invoke Error" in one)
    error = json.loads(told.split("\t")[4])
    assert error["stack"][1] == failed.payload["trace"][1]
