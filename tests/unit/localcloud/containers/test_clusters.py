"""The hosts of a job find each other by name, and each may listen on the same port."""

import itertools
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.containers import cluster as clusters
from localcloud.containers.cluster import Cluster, loopback_cluster, own_cluster
from localcloud.containers.container import Container, ContainerError, Run
from localcloud.containers.isolation import Isolation
from localcloud.containers.program import ProgramImage
from localcloud.containers.registry import Entry
from tests.unit.localcloud.containers.places import MINUTE, skip_unless

NAMES = ["algo-1", "algo-2", "algo-3"]
RING = """
import os, socket, time
hosts = os.environ["HOSTS"].split()
own = os.environ["HOSTNAME"]
assert socket.gethostname() == own
following = hosts[(hosts.index(own) + 1) % len(hosts)]
with socket.create_server((os.environ.get("ADDRESS", own), 7777)) as server:
    deadline = time.monotonic() + 50
    while True:
        try:
            following = socket.create_connection((following, 7777), 50)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nobody listens"
            time.sleep(0.02)
    before, _ = server.accept()
    total = number = hosts.index(own) + 1
    for _ in hosts[1:]:  # each hands on what it has got, until everybody has seen all
        following.sendall(bytes([number]))
        number = before.recv(1)[0]
        total += number
print("the sum is", total)
"""


def start(
    folder: Path, name: str, source: str, isolation: Isolation, cluster: Cluster, *, is_isolated: bool = False
) -> Container:
    place = folder / name
    (place / "ml").mkdir(parents=True)
    (place / "program.py").write_text(source, "utf-8")
    run = Run(
        command=("train",),
        environment={"HOSTS": " ".join(NAMES)},
        ml_root=place / "ml",
        log=place / "log",
        host_name=name,
        is_isolated=is_isolated,
    )
    if isolation is Isolation.FULL:  # as on AWS: everybody listens at every address
        run = replace(run, environment={**run.environment, "ADDRESS": ""})
    entry = Entry("*", place, sys.executable, {"train": ("python", "program.py")}, {})
    return ProgramImage(entry, isolation=isolation).start(replace(run, cluster=cluster))


@pytest.mark.parametrize(
    ("isolation", "is_isolated"), [*((level, False) for level in Isolation), (Isolation.FULL, True)]
)
def test_hosts_listen_on_one_port_and_find_each_other(
    tmp_path: Path, isolation: Isolation, *, is_isolated: bool
) -> None:
    skip_unless(isolation)
    make = own_cluster if isolation is Isolation.FULL else loopback_cluster
    with make(NAMES) as cluster:
        assert len(set(cluster.addresses.values())) == len(NAMES) or sys.platform == "darwin"
        started = [start(tmp_path, name, RING, isolation, cluster, is_isolated=is_isolated) for name in NAMES]
        codes = [container.wait(MINUTE) for container in started]
    said = [(tmp_path / name / "log").read_text("utf-8") for name in NAMES]
    assert (codes, said) == ([0, 0, 0], ["the sum is 6\n"] * 3)


def test_two_jobs_at_once_do_not_meet(tmp_path: Path) -> None:
    skip_unless(Isolation.FULL)
    with ExitStack() as stack:
        first, second = (stack.enter_context(own_cluster(NAMES)) for _ in range(2))
        assert first.addresses == second.addresses
        started = [
            start(tmp_path / str(number), name, RING, Isolation.FULL, cluster)
            for number, cluster in enumerate((first, second))
            for name in NAMES
        ]
        assert [container.wait(MINUTE) for container in started] == [0] * 6
    addresses = [loopback_cluster(NAMES).addresses["algo-1"] for _ in range(2)]
    assert len(set(addresses)) == 2 or sys.platform == "darwin"


@pytest.mark.skipif(sys.platform == "darwin", reason="it has one loopback address")
def test_another_process_has_other_loopback_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "from localcloud.containers.cluster import loopback_cluster as make; print(make(['a']))"
    said = {subprocess.check_output([sys.executable, "-c", program]) for _ in range(3)}
    assert len(said) > 1
    monkeypatch.setattr(clusters, "_NEXT", itertools.count(254 * 256 - 1))
    assert [loopback_cluster(["a"]).addresses["a"] for _ in range(2)] == ["127.254.255.1", "127.1.0.1"]


def test_hosts_that_cannot_be_connected_share_the_machines_network(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        clusters, "_BOOT", "import sys; sys.exit('OSError: netlink: Operation not supported')"
    )
    with own_cluster(NAMES) as cluster:
        assert cluster.namespaces == {}
        assert "share the machine's (OSError: netlink: Operation not supported)" in caplog.text
        skip_unless(Isolation.FULL)
        with pytest.raises(ContainerError, match="which EnableNetworkIsolation needs"):
            start(tmp_path, "algo-1", RING, Isolation.FULL, cluster, is_isolated=True)
