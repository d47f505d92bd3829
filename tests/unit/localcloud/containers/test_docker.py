"""Real images, up to the edge of the engine: a ``docker`` of our own that writes down what it is asked."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.containers.container import ContainerError, Run
from localcloud.containers.docker import DockerImage, installed_docker
from localcloud.containers.images import Images
from localcloud.containers.isolation import Isolation

MINUTE = 60.0
DOCKER = """#!{python}
import json, os, pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
arguments = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(arguments) + chr(10))
verb, last = arguments[0], arguments[-1]
if verb == "version":
    sys.exit((here / "no-engine").exists())
if verb == "image":
    sys.exit("/here" not in last)
if verb == "pull":
    sys.exit("/elsewhere" not in last)
if verb == "kill":
    number = signal.SIGTERM if "TERM" in arguments else signal.SIGKILL
    os.kill(int((here / last).read_text()), number)
if verb == "run":
    name = arguments[arguments.index("--name") + 1]
    (here / name).write_text(str(os.getpid()))
    (here / "environment").write_text(json.dumps(dict(os.environ)))
    print("running", flush=True)
    if "wait" in arguments:
        os.mkfifo(here / "never")
        (here / "never").open().read()
    sys.exit(3)
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """The folder of a client, which keeps its notes there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    client = folder / "docker"
    client.write_text(DOCKER.replace("{python}", sys.executable), "utf-8")
    client.chmod(0o755)
    return folder


@pytest.fixture
def images(engine: Path) -> Images:
    docker = installed_docker(str(engine), {"PATH": os.defpath})
    return Images(None, docker, isolation=Isolation.NONE)


def calls(engine: Path) -> list[list[str]]:
    return [json.loads(line) for line in (engine / "calls").read_text("utf-8").splitlines()]


def run(folder: Path, *command: str, serves: bool = False, replaces_entrypoint: bool = False) -> Run:
    return Run(
        command=command,
        environment={"A": "b c"},
        ml_root=folder / "ml",
        log=folder / "log",
        serves=serves,
        mounts={"/data": folder / "data"},
        replaces_entrypoint=replaces_entrypoint,
    )


def test_an_image_that_the_engine_has(images: Images, engine: Path, tmp_path: Path) -> None:
    image = images.require("host/here:1")
    assert image.start(run(tmp_path, "serve", serves=True)).wait(MINUTE) == 3
    assert (tmp_path / "log").read_text("utf-8") == "running\n"
    version, inspect, started = calls(engine)
    assert (version, inspect) == (["version"], ["image", "inspect", "host/here:1"])
    assert started[:3] == ["run", "--rm", "--name"]
    port = started[started.index("--publish") + 1].split(":")[1]
    assert started[4:] == [
        "--volume", f"{tmp_path}/ml:/opt/ml", "--volume", f"{tmp_path}/data:/data",
        "--publish", f"127.0.0.1:{port}:8080", "--env", "A", "host/here:1", "serve",
    ]  # fmt: skip


def test_what_a_container_is_told_is_on_no_command_line(images: Images, engine: Path, tmp_path: Path) -> None:
    run_ = Run(
        command=("train",),
        environment={"SECRET": "s3cret", "PATH": "/own"},
        ml_root=tmp_path / "ml",
        log=tmp_path / "log",
    )
    assert images.require("host/here:1").start(run_).wait(MINUTE) == 3
    assert "s3cret" not in str(calls(engine))
    environment = json.loads((engine / "environment").read_text("utf-8"))
    assert environment["SECRET"] == "s3cret"
    assert environment["PATH"] == os.defpath, "the client keeps its own"
    assert "PATH=/own" in calls(engine)[-1]


def test_a_container_has_the_host_name_that_it_is_given(images: Images, engine: Path, tmp_path: Path) -> None:
    run_ = replace(run(tmp_path, "train"), host_name="algo-1")
    assert images.require("host/here:1").start(run_).wait(MINUTE) == 3
    assert calls(engine)[-1][4:6] == ["--hostname", "algo-1"]


def test_an_image_that_the_engine_can_pull(images: Images, engine: Path, tmp_path: Path) -> None:
    image = images.require("host/elsewhere:1")
    assert image.start(run(tmp_path, "python3", "x.py", replaces_entrypoint=True)).wait(MINUTE) == 3
    assert ["pull", "--quiet", "host/elsewhere:1"] in calls(engine)
    assert calls(engine)[-1][-4:] == ["--entrypoint", "python3", "host/elsewhere:1", "x.py"]


def test_no_such_image(images: Images, tmp_path: Path) -> None:
    with pytest.raises(ContainerError) as caught:
        images.require("host/nowhere:1")
    assert str(caught.value) == (
        "Requested image host/nowhere:1 not found: no image registry is given, "
        "and no Docker engine has it or can pull it."
    )
    registry = tmp_path / "images.toml"
    registry.write_text("", "utf-8")
    with pytest.raises(ContainerError, match=r"no entry of .*images\.toml fits"):
        Images(registry, installed_docker("", {})).require("host/nowhere:1")


ENDPOINT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "A": "b"}


def near(folder: Path, *command: str, serves: bool = False) -> Run:
    """Run something that is told where the local cloud is, as every container is."""
    return replace(run(folder, *command, serves=serves), environment=ENDPOINT, host_name="algo-1", mounts={})


def told(engine: Path) -> dict[str, str]:
    return dict(json.loads((engine / "environment").read_text("utf-8")))


@pytest.mark.skipif(sys.platform != "linux", reason="Docker Desktop's containers reach it otherwise")
def test_a_job_shares_the_network_of_the_machine_and_so_reaches_the_local_cloud(
    images: Images, engine: Path, tmp_path: Path
) -> None:
    assert images.require("host/here:1").start(near(tmp_path, "train")).wait(MINUTE) == 3
    started = calls(engine)[-1]
    assert started[4:12] == [
        "--hostname", "algo-1", "--volume", f"{tmp_path}/ml:/opt/ml",
        "--network", "host", "--add-host", "algo-1:127.0.0.1",
    ]  # fmt: skip
    assert told(engine)["AWS_ENDPOINT_URL"] == ENDPOINT["AWS_ENDPOINT_URL"]


@pytest.mark.skipif(sys.platform != "linux", reason="refused elsewhere, as below")
def test_several_hosts_have_loopback_addresses(images: Images, engine: Path, tmp_path: Path) -> None:
    image = images.require("host/here:1")
    with images.connect(image, ["algo-1", "algo-2"]) as cluster:
        assert cluster is not None
        assert image.start(replace(near(tmp_path, "train"), cluster=cluster)).wait(MINUTE) == 3
        named = [f"{name}:{address}" for name, address in cluster.addresses.items()]
        assert calls(engine)[-1][10:14] == ["--add-host", named[0], "--add-host", named[1]]
        with pytest.raises(ContainerError, match="only on Linux, and without EnableNetworkIsolation"):
            image.start(replace(near(tmp_path, "train"), cluster=cluster, is_isolated=True))
        elsewhere = DockerImage("host/here:1", "docker", {}, system="darwin")
        with pytest.raises(ContainerError, match="only on Linux"):
            elsewhere.start(replace(near(tmp_path, "train"), cluster=cluster))


def test_a_server_that_listens_on_its_own_port_alone_has_a_network_of_its_own(
    images: Images, engine: Path, tmp_path: Path
) -> None:
    assert images.require("host/here:1").start(near(tmp_path, "serve", serves=True)).wait(MINUTE) == 3
    assert "--network" not in calls(engine)[-1]
    assert "--publish" in calls(engine)[-1]


def test_in_docker_desktop_the_machine_has_a_name(engine: Path, tmp_path: Path) -> None:
    image = DockerImage("host/here:1", str(engine / "docker"), {"PATH": os.defpath}, system="darwin")
    assert image.start(near(tmp_path, "train")).wait(MINUTE) == 3
    assert "--network" not in calls(engine)[-1]
    assert told(engine)["AWS_ENDPOINT_URL"] == "http://host.docker.internal:4566"


def test_a_registered_program_gives_way_to_an_image_that_the_engine_has_if_it_says_so(
    engine: Path, tmp_path: Path
) -> None:
    registry = tmp_path / "images.toml"
    registry.write_text('[[image]]\nuri = "*"\nfolder = "."\ntrain = ["true"]\ndocker = true\n', "utf-8")
    docker = installed_docker(str(engine), {"PATH": os.defpath})
    images = Images(registry, docker, isolation=Isolation.NONE)
    assert images.require("host/here:1").start(near(tmp_path, "serve", serves=True)).wait(MINUTE) == 3
    if sys.platform == "linux":
        assert "--publish" not in calls(engine)[-1]
        assert told(engine)["SAGEMAKER_BIND_TO_PORT"].isdigit()
    assert images.require("host/elsewhere:1").start(near(tmp_path, "train")).wait(MINUTE) == 0
    assert "pull" not in [call[0] for call in calls(engine)]


def test_an_engine_that_does_not_answer(images: Images, engine: Path) -> None:
    (engine / "no-engine").touch()
    assert images.find("host/here:1") is None


def test_a_registered_program_comes_first(engine: Path, tmp_path: Path) -> None:
    registry = tmp_path / "images.toml"
    registry.write_text('[[image]]\nuri = "*"\nfolder = "."\ntrain = ["true"]\n', "utf-8")
    docker = installed_docker(str(engine), {"PATH": os.defpath})
    image = Images(registry, docker, isolation=Isolation.NONE).require("host/here:1")
    assert (
        image.start(
            Run(command=("train",), environment={}, ml_root=tmp_path / "ml", log=tmp_path / "log")
        ).wait(MINUTE)
        == 0
    )
    assert not (engine / "calls").exists()


@pytest.mark.parametrize(("how", "code"), [("terminate", 143), ("kill", 137)])
def test_signals_go_through_the_engine(
    images: Images, engine: Path, tmp_path: Path, how: str, code: int
) -> None:
    image = images.require("host/here:1")
    (tmp_path / "log").touch()
    container = image.start(run(tmp_path, "wait"))
    while container.wait(0.01) is None and not (engine / "never").exists():
        pass
    getattr(container, how)()
    assert container.wait(MINUTE) == code
    name = calls(engine)[2][3]
    assert calls(engine)[-1] == (["kill", "--signal", "TERM", name] if how == "terminate" else ["kill", name])
