"""Functions' packages, events, results and logs: what is too large or leads out is refused as by AWS."""

import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.processes import linux
from tests.integration.wire import ECHO, ROLE, Cloud, eventually, launched, package, refused, unique

if TYPE_CHECKING:
    from mypy_boto3_lambda.literals import RuntimeType

pytestmark = pytest.mark.integration

CANNOT_UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."

SIZES = """
def handler(event, context):
    if "print" in event:
        for _ in range(event["print"]["lines"]):
            print("x" * event["print"]["length"])
    return "y" * (event["answer"] - 2)  # two quotation marks make it JSON
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Cloud]]:
    with launched(tmp_path_factory.mktemp("packages")) as (process, cloud):
        yield process.pid, cloud


@pytest.fixture(scope="module")
def pid(started: tuple[int, Cloud]) -> int:
    """The local cloud's process."""
    return started[0]


@pytest.fixture(scope="module")
def cloud(started: tuple[int, Cloud]) -> Cloud:
    return started[1]


@pytest.fixture(scope="module")
def sizes(cloud: Cloud) -> str:
    """A function that prints and answers as much as it is asked to."""
    return cloud.function(SIZES)


def pack(*members: tuple[str, bytes, int]) -> bytes:
    """Write a zip file of members: name, content, and the mode that a system like Unix would write down."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in members:
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, mode << 16
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def create(
    cloud: Cloud, runtime: "RuntimeType" = "python3.12", *, publish: bool = False, **code: object
) -> str:
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=ROLE,
        Handler="index.handler",
        Publish=publish,
        Code=code,  # type: ignore[arg-type]
    )
    return name


FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
HARMFUL = {
    "an absolute path": [("index.py", b"", FILE), ("/tmp/sagestep-escaped", b"x", FILE)],
    "a path that leads out": [("../../../escaped", b"x", FILE)],
    "a path through a link": [("link", b"../..", LINK), ("link/escaped", b"x", FILE)],
    "a link that leads out": [("link", b"/etc/passwd", LINK)],
}


@pytest.mark.parametrize("members", HARMFUL.values(), ids=HARMFUL)
def test_a_package_that_leads_out_is_refused_by_every_way_and_writes_nothing(
    cloud: Cloud, members: list[tuple[str, bytes, int]]
) -> None:
    content = pack(*members)
    with refused("InvalidParameterValueException", CANNOT_UNZIP):
        create(cloud, ZipFile=content)
    bucket = cloud.bucket()
    cloud.s3.put_object(Bucket=bucket, Key="package.zip", Body=content)
    with refused("InvalidParameterValueException", CANNOT_UNZIP):
        create(cloud, S3Bucket=bucket, S3Key="package.zip")
    arn = cloud.function()
    with refused("InvalidParameterValueException", CANNOT_UNZIP):
        cloud.functions.update_function_code(FunctionName=arn, ZipFile=content)
    assert cloud.invoke(arn, {"still": "here"}).payload["still"] == "here"
    assert not Path("/tmp/sagestep-escaped").exists()
    assert not list(cloud.folder.rglob("escaped"))
    cloud.functions.delete_function(FunctionName=arn)


def test_a_damaged_package_is_refused(cloud: Cloud) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "the content")
    with refused("InvalidParameterValueException", CANNOT_UNZIP):
        create(cloud, ZipFile=content.getvalue().replace(b"the content", b"another one", 1))


def test_links_within_a_package_work(cloud: Cloud) -> None:
    name = create(
        cloud, ZipFile=pack(("real/index.py", ECHO.encode(), FILE), ("index.py", b"real/index.py", LINK))
    )
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["State"], "Active".__eq__
    )
    assert cloud.invoke(name, {"a": 1}).payload["a"] == 1


def test_a_package_that_would_fill_the_disk_is_refused(cloud: Cloud) -> None:
    content = pack(*((f"zeros-{number}", bytes(26_214_400), FILE) for number in range(10)))
    assert len(content) < 1_000_000
    with refused("InvalidParameterValueException", "Unzipped size must be smaller than 262144000 bytes"):
        create(cloud, ZipFile=content)


def test_a_package_too_large_for_a_request_is_refused_by_an_update_too(cloud: Cloud) -> None:
    content = bytes(52_428_801)
    arn = cloud.function()
    with refused("RequestEntityTooLargeException"):
        create(cloud, ZipFile=content)
    with refused("RequestEntityTooLargeException", "for the UpdateFunctionCode operation"):
        cloud.functions.update_function_code(FunctionName=arn, ZipFile=content)


def test_a_function_that_failed_can_be_updated_and_deleted(cloud: Cloud) -> None:
    name = create(cloud, "java21", ZipFile=package(""))

    def state() -> str:
        return cloud.functions.get_function_configuration(FunctionName=name)["State"]

    eventually(state, "Failed".__eq__)
    cloud.functions.update_function_code(FunctionName=name, ZipFile=package(ECHO))
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["LastUpdateStatus"],
        "Failed".__eq__,
    )
    cloud.functions.update_function_configuration(FunctionName=name, Runtime="python3.12")
    eventually(state, "Active".__eq__)
    assert cloud.invoke(name, {"now": "it works"}).payload["now"] == "it works"
    cloud.functions.delete_function(FunctionName=name)
    failed = create(cloud, "java21", ZipFile=package(""))
    cloud.functions.delete_function(FunctionName=failed)  # while it is Pending, too
    failed = create(cloud, "java21", publish=True, ZipFile=package(""))
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=failed)["State"], "Failed".__eq__
    )
    cloud.functions.delete_function(FunctionName=failed, Qualifier="1")
    cloud.functions.delete_function(FunctionName=failed)
    with refused("ResourceNotFoundException"):
        cloud.functions.get_function(FunctionName=failed)


def test_a_version_that_an_alias_references_is_not_deleted(cloud: Cloud) -> None:
    name = create(cloud, publish=True, ZipFile=package(ECHO))
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["State"], "Active".__eq__
    )
    cloud.functions.update_function_configuration(FunctionName=name, Description="second")
    cloud.functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    cloud.functions.publish_version(FunctionName=name)
    cloud.functions.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    for version in ("1", "2"):
        with refused("ResourceConflictException", "the following aliases reference it: [live]"):
            cloud.functions.delete_function(FunctionName=name, Qualifier=version)
    cloud.functions.delete_alias(FunctionName=name, Name="live")
    cloud.functions.delete_function(FunctionName=name, Qualifier="1")
    versions = cloud.functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [item["Version"] for item in versions] == ["$LATEST", "2"]


def test_an_event_that_is_too_large_is_refused(cloud: Cloud, sizes: str) -> None:
    def event(size: int) -> bytes:
        head, tail = b'{"answer": 2, "filling": "', b'"}'
        return head + b"x" * (size - len(head) - len(tail)) + tail

    assert cloud.functions.invoke(FunctionName=sizes, Payload=event(6_291_456))["Payload"].read() == b'""'
    with refused(
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    ):
        cloud.functions.invoke(FunctionName=sizes, Payload=event(6_291_457))
    cloud.functions.invoke(FunctionName=sizes, InvocationType="Event", Payload=event(1_048_576))
    with refused(
        "RequestEntityTooLargeException",
        "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
    ):
        cloud.functions.invoke(FunctionName=sizes, InvocationType="Event", Payload=event(1_048_577))


def resident_megabytes(pid: int, what: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    [line] = [line for line in status if line.startswith(what)]
    return int(line.split()[1]) // 1024


@linux
def test_a_result_that_is_too_large_is_lambdas_error_and_does_not_lie_in_memory(
    cloud: Cloud, pid: int, sizes: str
) -> None:
    assert len(cloud.invoke(sizes, {"answer": 6_291_556}).payload) == 6_291_554
    before = resident_megabytes(pid, "VmHWM")
    for size in (6_291_557, 200_000_000):
        invoked = cloud.invoke(sizes, {"answer": size})
        assert invoked.error == "Unhandled"
        assert invoked.payload == {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        }
        assert cloud.invoke(sizes, {"answer": 2}).payload == ""
    assert resident_megabytes(pid, "VmHWM") < before + 60


def printed(cloud: Cloud, group: str, words: str) -> list[str]:
    """Find the messages of a log group with these words; a page of them has a megabyte at most."""
    if not cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return []
    pages = cloud.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"] if words in event["message"]]


@linux
def test_what_is_printed_in_masses_is_kept_in_part_and_says_so(cloud: Cloud, pid: int, sizes: str) -> None:
    before = resident_megabytes(pid, "VmRSS")
    event = {"answer": 2, "print": {"lines": 300, "length": 1_000_000}}
    invoked = cloud.invoke(sizes, event)
    assert invoked.error is None
    group = f"/aws/lambda/{sizes.rpartition(':')[2]}"

    [note] = eventually(lambda: printed(cloud, group, "[sagestep]"), seconds=60)
    assert note == "[sagestep] 289514540 bytes that one invocation has printed are left out here\n"
    assert resident_megabytes(pid, "VmRSS") < before + 150


def test_a_long_line_comes_in_events_of_a_megabyte(cloud: Cloud) -> None:
    function = cloud.function(SIZES)
    group = f"/aws/lambda/{function.rpartition(':')[2]}"
    cloud.invoke(function, {"answer": 2, "print": {"lines": 1, "length": 1_100_000}})
    pieces = [len(piece.rstrip("\n")) for piece in eventually(lambda: printed(cloud, group, "xxxx"))]
    assert sum(pieces) == 1_100_000
    assert max(pieces) <= 1_048_576


def test_the_limits_are_those_that_lambda_names(cloud: Cloud) -> None:
    limits = cloud.functions.get_account_settings()["AccountLimit"]
    assert limits["CodeSizeUnzipped"] == 262_144_000
    assert limits["CodeSizeZipped"] == 52_428_800
    assert limits["ConcurrentExecutions"] == 1000
