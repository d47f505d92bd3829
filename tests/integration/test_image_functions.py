"""Lambda functions of container images, on the wire: an entry of the images file runs in their place."""

from typing import Any

import pytest

from tests.integration.images import IMAGE, NO_IMAGE
from tests.integration.stack import CLOUD_PYTHON
from tests.integration.wire import ROLE, Cloud, eventually, unique

pytestmark = pytest.mark.integration


def create(cloud: Cloud, uri: str, **config: Any) -> Any:
    """Make a function of an image; give its configuration once it is no longer pending."""
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        PackageType="Image",
        Role=ROLE,
        Code={"ImageUri": uri},
        ImageConfig=config,  # type: ignore[arg-type] # whatever a case has
        Environment={"Variables": {"GREETING": "hello"}},
    )
    return eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name),
        lambda found: found["State"] != "Pending",
    )


def test_an_image_runs_as_what_stands_for_it(cloud: Cloud) -> None:
    made = create(cloud, IMAGE, Command=["app.handler"])
    assert (made["State"], made["PackageType"]) == ("Active", "Image"), made
    assert made["ImageConfigResponse"]["ImageConfig"] == {"Command": ["app.handler"]}
    name = made["FunctionName"]
    code = cloud.functions.get_function(FunctionName=name)["Code"]
    assert code["ImageUri"] == IMAGE
    assert code["ResolvedImageUri"].endswith(f"@sha256:{made['CodeSha256']}")
    assert cloud.invoke(name, {"a": 1}).payload == {
        "event": {"a": 1},
        "name": name,
        "variables": {"GREETING": "hello", "FROM_IMAGE": "yes", "AWS_EXECUTION_ENV": None},
        "python": str(CLOUD_PYTHON.parents[1]),
    }
    failed = cloud.invoke(name, {"do": "fail"})
    assert failed.payload["errorType"] == "ValueError"
    assert failed.payload["stackTrace"][0].startswith('  File "/var/task/app.py", line 6, in handler')

    cloud.functions.update_function_code(FunctionName=name, ImageUri=NO_IMAGE)
    status = eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name),
        lambda found: found["LastUpdateStatus"] != "InProgress",
    )
    assert status["LastUpdateStatus"] == "Failed"
    cloud.functions.delete_function(FunctionName=name)


@pytest.mark.parametrize(
    ("uri", "config", "reason"),
    [
        (NO_IMAGE, {"Command": ["app.handler"]}, f"no image.yaml of the project stands for {NO_IMAGE}"),
        (IMAGE, {}, "ImageConfig.Command must name the handler"),
        (
            IMAGE,
            {"Command": ["app.handler"], "EntryPoint": ["/bin/sh"]},
            "ImageConfig.EntryPoint does not run",
        ),
        (IMAGE, {"Command": ["a.b"], "WorkingDirectory": "/srv"}, "ImageConfig.WorkingDirectory is /srv"),
    ],
)
def test_what_cannot_run_here_is_refused_with_the_reason(
    cloud: Cloud, uri: str, config: dict[str, Any], reason: str
) -> None:
    made = create(cloud, uri, **config)
    assert made["State"] == "Failed"
    assert reason in made["StateReason"]
