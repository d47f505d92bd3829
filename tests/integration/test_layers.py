"""Layers of Lambda functions: at /opt, on the path, in their order."""

import io
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.processes import linux
from tests.integration.wire import ROLE, Cloud, eventually, package, unique

pytestmark = pytest.mark.integration

TELLS = """
import sys
import helper, versioned

def handler(event, context):
    return {
        "helper": helper.NAME, "at": helper.__file__, "versioned": versioned.NAME,
        "path": [entry for entry in sys.path if entry.startswith("/opt")],
        "data": open("/opt/data/text").read(),
    }
"""
SITE = "python/lib/python{}.{}/site-packages"


def layer(cloud: Cloud, files: Mapping[str, str]) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    made = cloud.functions.publish_layer_version(
        LayerName=unique("layer"), Content={"ZipFile": content.getvalue()}, CompatibleRuntimes=["python3.12"]
    )
    return made["LayerVersionArn"]


def site_packages() -> str:
    return SITE.format(*sys.version_info[:2])


@linux
def test_layers_are_at_opt_and_on_the_path_and_the_last_one_wins(cloud: Cloud) -> None:
    first = layer(
        cloud,
        {
            "python/helper.py": "NAME = 'first'",
            f"{site_packages()}/versioned.py": "NAME = 'site'",
            "data/text": "of the first",
        },
    )
    second = layer(cloud, {"python/helper.py": "NAME = 'second'"})
    function = cloud.functions.create_function(
        FunctionName=unique("function"),
        Runtime="python3.12",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": package(TELLS)},
        Layers=[first, second],
    )["FunctionArn"]
    active = "Active".__eq__
    eventually(lambda: cloud.functions.get_function_configuration(FunctionName=function)["State"], active)
    answer = cloud.invoke(function).payload
    assert answer == {
        "helper": "second",
        "at": "/opt/python/helper.py",
        "versioned": "site",
        "path": [f"/opt/{site_packages()}", "/opt/python"],
        "data": "of the first",
    }
    assert not Path("/opt/python/helper.py").exists()  # nobody else sees it

    cloud.functions.update_function_configuration(FunctionName=function, Layers=[first])
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"],
        "Successful".__eq__,
    )
    assert cloud.invoke(function).payload["helper"] == "first"


def test_a_function_without_its_layer_says_which_module_is_missing(cloud: Cloud) -> None:
    failed = cloud.invoke(cloud.function(TELLS))
    assert failed.payload["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'helper'" in failed.payload["errorMessage"]
