"""The processes that functions run in: who can reach them, what they see, and that nothing outlives them."""

import io
import os
import signal
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.processes import fork_server, linux, listeners, parent, processes
from tests.integration.wire import ROLE, Cloud, eventually, launched, unique

pytestmark = [pytest.mark.integration, linux]

PROBE = """
import json, os, signal, subprocess, sys, time

print("loaded")

def escape(folder, times):
    '''Fork again and again, each child in a session of its own, and leave the last one running.'''
    for generation in range(times):
        if os.fork():
            if generation == 0:
                return
            time.sleep(300)
        os.setsid()
    open(os.path.join(folder, str(os.getpid())), "x").close()
    os.execvp("sleep", ["sleep", "300"])

def handler(event, context):
    if "escape" in event:
        escape(event["folder"], event["escape"])
        while not os.listdir(event["folder"]):
            time.sleep(0.01)
    match event["do"]:
        case "exit":
            os._exit(3)
        case "take too long":
            time.sleep(60)
        case "kill its parent":
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        case "stop its parent":
            os.kill(os.getppid(), signal.SIGSTOP)
            time.sleep(60)
        case "tell what it sees":
            os.umask(mask := os.umask(0))
            open(os.path.join(os.environ["TMPDIR"], "file"), "w").close()
            import tempfile
            return {
                "umask": mask,
                "modules": sorted(sys.modules),
                "path": sys.path,
                "argv": sys.argv,
                "open": sorted(os.listdir("/proc/self/fd"), key=int),
                "cwd": os.getcwd(),
                "stdin": os.readlink("/proc/self/fd/0"),
                "tempdir": tempfile.gettempdir(),
                "environment": dict(os.environ),
                "of a child": json.loads(subprocess.check_output(
                    [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]
                )),
                "session": os.getsid(0) == os.getpid(),
                "mode": os.stat(os.path.join(os.environ["TMPDIR"], "file")).st_mode & 0o777,
            }
        case "tell about boto3":
            import boto3, botocore, urllib3
            return {
                "files": [module.__file__ for module in (boto3, botocore, urllib3)],
                "spec": boto3.__spec__.origin,
                "account": boto3.client("sts").get_caller_identity()["Account"],
                "version": boto3.__version__,
            }
        case "tell about a module":
            sys.path.insert(0, os.path.join(os.environ["LAMBDA_TASK_ROOT"], "vendor"))
            module = __import__(event["module"])
            return {"file": module.__file__, "known": sorted(vars(module))}
        case "tell its random numbers":
            import random, uuid
            return [random.random(), str(uuid.uuid4()), os.getpid()]
    return "nothing happened"
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Cloud]]:
    """A local cloud in a folder with a long path, longer than a Unix socket's may be."""
    folder = tmp_path_factory.mktemp("processes") / ("deep" * 20) / ("deeper" * 15)
    with launched(folder) as (process, cloud):
        yield process.pid, cloud


@pytest.fixture(scope="module")
def pid(started: tuple[int, Cloud]) -> int:
    """The local cloud's process."""
    return started[0]


@pytest.fixture(scope="module")
def cloud(started: tuple[int, Cloud]) -> Cloud:
    return started[1]


@pytest.fixture(scope="module")
def probe(cloud: Cloud) -> str:
    return cloud.function(PROBE)


def function_of(cloud: Cloud, files: Mapping[str, str], **variables: str) -> str:
    """Make the probe with other files beside it; give its name."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in {"index.py": PROBE, **files}.items():
            archive.writestr(name, text)
    name = unique("function")
    cloud.functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": content.getvalue()},
        Timeout=20,
        Environment={"Variables": variables},
    )
    eventually(
        lambda: cloud.functions.get_function_configuration(FunctionName=name)["State"], "Active".__eq__
    )
    return name


def commands(cloud: Cloud, word: str) -> list[int]:
    """Find the processes of this cloud whose command has a word in it."""
    return [pid for pid, command in processes(cloud.folder).items() if word in command]


def test_no_port_is_opened_for_functions(cloud: Cloud, pid: int, probe: str) -> None:
    before = Path(f"/proc/{pid}/net/tcp").read_text()
    assert cloud.invoke(probe, {"do": "nothing"}).error is None
    after = [
        line for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines() if line.split()[3] == "0A"
    ]
    assert {line.split()[1] for line in after} <= {line.split()[1] for line in before.splitlines()}
    for found in commands(cloud, "fork_server.py"):
        assert listeners(found) == set()
    unix = Path(f"/proc/{pid}/net/unix").read_text()
    assert str(cloud.folder) not in unix, "no socket has a path either"


def test_a_function_sees_what_it_sees_on_aws(cloud: Cloud, probe: str) -> None:
    seen = cloud.invoke(probe, {"do": "tell what it sees"}).payload
    code, runtime = seen["environment"]["LAMBDA_TASK_ROOT"], seen["environment"]["LAMBDA_RUNTIME_DIR"]
    assert seen["umask"] == 0o022
    assert seen["mode"] == 0o644
    assert seen["session"] is True
    assert seen["stdin"] == os.devnull
    assert seen["cwd"] == code
    assert seen["argv"] == ["bootstrap"]
    assert (seen["path"][0], seen["path"][-1]) == (code, runtime)
    assert not any("site-packages" in path for path in seen["path"])
    assert seen["tempdir"] == seen["environment"]["TMPDIR"]
    assert len(seen["open"]) == 5, "standard streams, the Runtime API, and the folder just listed"
    known = {name.partition(".")[0] for name in seen["modules"]}
    assert not known & {"boto3", "botocore", "urllib3", "localcloud", "localstack", "site"}
    assert "AWS_LAMBDA_RUNTIME_API" not in seen["environment"]
    inherited = seen["of a child"]
    assert {name: inherited[name] for name in seen["environment"]} == seen["environment"]
    assert inherited.keys() - seen["environment"].keys() <= {"_", "LC_CTYPE"}


def test_folders_of_functions_are_private(cloud: Cloud, probe: str) -> None:
    assert cloud.invoke(probe, {"do": "nothing"}).error is None
    rooms = list((cloud.folder / "state" / "tmp" / "sandboxes").iterdir())
    codes = list((cloud.folder / "state" / "tmp" / "lambda").glob("*/*/code"))
    assert rooms
    assert codes
    for path in (*rooms, *codes, cloud.folder / "state" / "tmp" / "sandboxes"):
        assert path.stat().st_mode & 0o777 == 0o700
    for room in rooms:
        assert (room / "output").stat().st_mode & 0o777 == 0o600


def test_boto3_is_that_of_the_runtime_directory(cloud: Cloud, probe: str) -> None:
    runtime = cloud.invoke(probe, {"do": "tell what it sees"}).payload["path"][-1]
    found = cloud.invoke(probe, {"do": "tell about boto3"}).payload
    assert all(file.startswith(f"{runtime}/") for file in [*found["files"], found["spec"]])
    assert found["account"] == "000000000000"


@pytest.mark.parametrize(
    "brought", ["boto3", "urllib3", "hmac", "vendor/boto3", "vendor/urllib3"], ids=lambda name: name
)
def test_what_a_function_brings_along_wins(cloud: Cloud, brought: str) -> None:
    """So it does over what the fork server has imported; `hmac` is of the standard library."""
    arn = function_of(cloud, {f"{brought}/__init__.py": "MINE = 1\n"})
    module = brought.rpartition("/")[2]
    assert "MINE" in cloud.invoke(arn, {"do": "tell about a module", "module": module}).payload["known"]


def test_boto3_of_the_runtime_uses_what_the_function_brings_along(cloud: Cloud) -> None:
    """As on AWS, where `urllib3` of the package is found before that of the runtime."""
    arn = function_of(cloud, {"urllib3/__init__.py": "raise ImportError('it is mine')\n"})
    invoked = cloud.invoke(arn, {"do": "tell about boto3"})
    assert invoked.error == "Unhandled"
    assert "it is mine" in invoked.payload["errorMessage"]


def test_a_variable_that_only_a_new_interpreter_reads_has_its_effect(cloud: Cloud) -> None:
    arn = function_of(cloud, {"elsewhere/mine.py": "MINE = 1\n"}, PYTHONPATH="elsewhere")
    found = cloud.invoke(arn, {"do": "tell about a module", "module": "mine"}).payload
    assert "MINE" in found["known"]
    seen = cloud.invoke(arn, {"do": "tell what it sees"}).payload
    assert seen["umask"] == 0o022
    assert not {name.partition(".")[0] for name in seen["modules"]} & {"boto3", "localcloud", "site"}
    assert len(seen["open"]) == 5


def test_two_environments_have_different_random_numbers(cloud: Cloud) -> None:
    arn = cloud.function(PROBE)
    with ThreadPoolExecutor(2) as threads:
        told = [
            item.payload
            for item in threads.map(lambda _: cloud.invoke(arn, {"do": "tell its random numbers"}), range(8))
        ]
    by_process = {pid: (number, identifier) for number, identifier, pid in told}
    assert len({number for number, _ in by_process.values()}) == len(by_process)
    assert len({identifier for _, identifier in by_process.values()}) == len(by_process)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    ("deed", "error"),
    [
        ("exit", "Runtime.ExitError"),
        ("take too long", "Sandbox.Timedout"),
        ("kill its parent", "Runtime.ExitError"),
        ("stop its parent", "Sandbox.Timedout"),
    ],
)
def test_nothing_that_a_function_starts_outlives_its_environment(
    cloud: Cloud, tmp_path: Path, deed: str, error: str, times: int
) -> None:
    arn = cloud.function(PROBE, timeout=2)
    invoked = cloud.invoke(arn, {"do": deed, "escape": times, "folder": str(tmp_path)})
    assert invoked.payload["errorType"] == error
    [escaped] = [int(path.name) for path in tmp_path.iterdir()]
    eventually(lambda: Path(f"/proc/{escaped}").exists(), lambda exists: not exists)
    assert cloud.invoke(arn, {"do": "nothing"}).payload == "nothing happened"


def test_nothing_that_a_function_started_outlives_its_deletion(cloud: Cloud, tmp_path: Path) -> None:
    arn = cloud.function(PROBE)
    assert cloud.invoke(arn, {"do": "nothing", "escape": 2, "folder": str(tmp_path)}).error is None
    [escaped] = [int(path.name) for path in tmp_path.iterdir()]
    assert Path(f"/proc/{escaped}").exists(), "between two invocations it goes on"
    cloud.functions.delete_function(FunctionName=arn)
    eventually(lambda: Path(f"/proc/{escaped}").exists(), lambda exists: not exists)


def test_functions_go_on_when_the_fork_server_is_killed(cloud: Cloud, pid: int, probe: str) -> None:
    assert cloud.invoke(probe, {"do": "nothing"}).error is None
    killed = fork_server(pid, cloud.folder)
    os.kill(killed, signal.SIGKILL)
    assert cloud.invoke(probe, {"do": "nothing"}).payload == "nothing happened"
    arn = cloud.function(PROBE)
    assert cloud.invoke(arn, {"do": "nothing"}).payload == "nothing happened"
    assert fork_server(pid, cloud.folder) != killed


def test_fifty_environments_take_little_memory(cloud: Cloud, pid: int, tmp_path: Path) -> None:
    """Each shares with the others what it has not changed: its imports above all."""
    source = PROBE.replace("def handler", "import boto3\n\ndef handler", 1)
    arn = cloud.function(
        source.replace(
            '    match event["do"]:',
            """    open(os.path.join(event["folder"], str(os.getpid())), "x")
    while len(os.listdir(event["folder"])) < 50:
        time.sleep(0.02)
    match event["do"]:""",
            1,
        ),
        timeout=60,
    )
    with ThreadPoolExecutor(50) as threads:
        event = {"do": "nothing", "folder": str(tmp_path)}
        invoked = list(threads.map(lambda _: cloud.invoke(arn, event), range(50)))
    assert [item.payload for item in invoked] == ["nothing happened"] * 50
    found = {int(path.name) for path in tmp_path.iterdir()}
    found |= {parent(number) for number in found} | {fork_server(pid, cloud.folder)}
    assert sum(proportional_megabytes(number) for number in found) < 50 * 16


def proportional_megabytes(pid: int) -> float:
    """Read what a process takes, shared pages counted in part (proc(5), smaps_rollup)."""
    [line] = [
        line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")
    ]
    return int(line.split()[1]) / 1024
