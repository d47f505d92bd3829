import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from driver.exceptions import LocalCloudError
from driver.local_cloud import LocalCloud
from driver.models import RunningCloud


@dataclass
class Machine:
    """Processes that are what their command line says, answer when they are ready, and end when told."""

    taken: dict[int, str] = field(default_factory=dict)
    ready_after: float = 0.2
    dies_at: float | None = None
    obeys: bool = True
    ctrl_c: bool = False
    says: str = ""
    now: float = 0.0
    running: dict[int, str] = field(default_factory=dict)
    started: list[Sequence[str]] = field(default_factory=list)
    environment: Mapping[str, str] = field(default_factory=dict)
    signals: list[str] = field(default_factory=list)

    def start(
        self, command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path
    ) -> int:
        self.started.append(command)
        self.environment = environment
        pid = 100 + len(self.started)
        self.running[pid] = " ".join(command)
        log.write_text(self.says)
        return pid

    def terminate(self, pid: int) -> None:
        self.signals.append(f"terminate {pid}")
        if self.obeys:
            self.running.pop(pid, None)

    def kill_group(self, pid: int) -> None:
        self.signals.append(f"kill {pid}")
        self.running.pop(pid, None)

    def has_ended(self, pid: int) -> bool:
        if self.dies_at is not None and self.now >= self.dies_at:
            self.running.pop(pid, None)
        return pid not in self.running

    def command_line(self, pid: int) -> str:
        return self.running.get(pid, "")

    def is_port_free(self, port: int) -> bool:
        return port not in self.taken

    def port_holder(self, port: int) -> str:
        return self.taken[port]

    def info(self, endpoint_url: str) -> Mapping[str, object] | None:
        if self.now < self.ready_after:
            return None
        for pid, command in self.running.items():
            words = command.split()
            if endpoint_url.endswith(f":{words[words.index('--port') + 1]}"):
                return {"instance": words[words.index("--instance") + 1], "pid": pid}
        return None

    def sleep(self, seconds: float) -> None:
        if self.ctrl_c:
            self.ctrl_c = False
            raise KeyboardInterrupt
        self.now += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def make_cloud(tmp_path: Path, machine: Machine) -> Callable[[], LocalCloud]:
    python = tmp_path / "localcloud/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.touch()
    environ = {"PATH": "/bin", "HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "secret", "PYTHONPATH": "/x"}

    def make() -> LocalCloud:
        return LocalCloud(
            tmp_path / "local",
            tmp_path,
            environ,
            machine,
            fetch_info=machine.info,
            clock=lambda: machine.now,
            sleep=machine.sleep,
        )

    return make


def test_it_is_ready_when_it_answers_with_its_own_name(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    machine.ready_after = 1.5
    running = make_cloud().start(4750)
    assert 1.5 <= machine.now < 1.7
    assert running.port == 4750
    assert make_cloud().find() == running


def test_its_command_line_is_the_launchers(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path
) -> None:
    running = make_cloud().start(4750)
    [command] = machine.started
    assert command[1:3] == ["-m", "localcloud.localstack"]
    assert dict(zip(command[3::2], command[4::2], strict=True)) == {
        "--port": "4750",
        "--state-dir": str(tmp_path / "local/cloud"),
        "--instance": running.instance,
        "--images": str(tmp_path / "resources/images.toml"),
    }


def test_nothing_of_the_users_reaches_it(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    make_cloud().start(4750)
    assert machine.environment == {"PATH": "/bin", "HOME": "/home/me"}


def test_two_starts_are_two_instances(make_cloud: Callable[[], LocalCloud]) -> None:
    assert make_cloud().start(4750).instance != make_cloud().start(4750).instance


def test_one_that_ends_while_it_starts_shows_the_end_of_its_log(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    machine.dies_at, machine.ready_after = 1, 99
    machine.says = "\n".join(f"line {number}" for number in range(50))
    with pytest.raises(LocalCloudError) as caught:
        make_cloud().start(4750)
    assert "line 49" in caught.value.why
    assert "line 20\n" not in caught.value.why
    assert "cloud.log" in caught.value.next_step
    assert make_cloud().find() is None


def test_one_that_never_answers_is_ended(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    machine.ready_after = 1e9
    with pytest.raises(LocalCloudError, match="60 seconds"):
        make_cloud().start(4750)
    assert machine.running == {}


def test_one_that_lost_the_race_for_its_port_says_who_won(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    machine.dies_at, machine.ready_after = 0, 99
    machine.taken[4750] = "nginx (process 7)"
    with pytest.raises(LocalCloudError, match="nginx"):
        make_cloud().start(4750)


def test_an_interrupted_start_leaves_no_process(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    machine.ctrl_c = True
    with pytest.raises(KeyboardInterrupt):
        make_cloud().start(4750)
    assert machine.running == {}


def test_a_taken_port_is_refused_with_its_holder_and_the_flag(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    machine.taken[4566] = "python3 (process 42)"
    with pytest.raises(LocalCloudError, match=r"python3 \(process 42\).*--port"):
        make_cloud().check(4566)


def test_a_port_that_a_hanging_cloud_of_ours_holds_is_no_obstacle(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    make_cloud().start(4566)
    machine.taken[4566] = "python (process 101)"
    machine.ready_after = 1e9
    make_cloud().check(4566)


def test_the_next_free_port_is_found(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    machine.taken = {4567: "one", 4568: "two"}
    assert make_cloud().free_port(4567) == 4569
    machine.taken = dict.fromkeys(range(4567, 4667), "everything")
    with pytest.raises(LocalCloudError, match="from 4567 to 4666"):
        make_cloud().free_port(4567)


def test_the_last_port_is_known_until_the_cloud_is_stopped(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    make_cloud().start(4750)
    machine.running.clear()
    assert make_cloud().last_port() == 4750
    make_cloud().stop()
    assert make_cloud().last_port() is None


def test_a_missing_installation_says_what_to_run(
    make_cloud: Callable[[], LocalCloud], tmp_path: Path
) -> None:
    (tmp_path / "localcloud/.venv/bin/python").unlink()
    with pytest.raises(LocalCloudError, match="make install"):
        make_cloud().check(4566)


def test_another_process_with_its_number_is_not_it(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    running = make_cloud().start(4750)
    machine.running[running.pid] = "/usr/bin/editor"
    machine.ready_after = 1e9
    assert make_cloud().find() is None
    make_cloud().stop()
    assert machine.signals == []


def test_another_cloud_on_its_port_is_not_it(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path
) -> None:
    running = make_cloud().start(4750)
    record = tmp_path / "local/cloud.json"
    record.write_text(json.dumps({"pid": running.pid, "port": 4750, "instance": "mine"}))
    assert make_cloud().find() is None


@pytest.mark.parametrize("text", ["", "{}", '{"pid": "x", "port": 1, "instance": "y"}', "[]"])
def test_a_broken_record_is_no_cloud(make_cloud: Callable[[], LocalCloud], tmp_path: Path, text: str) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local/cloud.json").write_text(text)
    assert make_cloud().find() is None


def test_stopping_waits_and_clears_what_is_left(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path
) -> None:
    running = make_cloud().start(4750)
    make_cloud().stop()
    assert machine.signals == [f"terminate {running.pid}", f"kill {running.pid}"]
    assert not (tmp_path / "local/cloud.json").exists()


def test_one_that_does_not_obey_is_killed(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    make_cloud().start(4750)
    machine.obeys = False
    before = machine.now
    make_cloud().stop()
    assert machine.running == {}
    assert machine.now - before >= 15


def test_a_start_ends_one_that_hangs(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    first = make_cloud().start(4750)
    second = make_cloud().start(4750)
    assert list(machine.running) == [second.pid]
    assert first.pid != second.pid


def test_its_address_is_loopback() -> None:
    assert RunningCloud(1, 4750, "x").endpoint_url == "http://127.0.0.1:4750"


@pytest.mark.parametrize("record", [b"", b'{"pid": 1', b"[]", b"\xff\xfe", b'{"pid": "a"}', None])
def test_a_cloud_whose_record_is_broken_is_found_and_stopped(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path, record: bytes | None
) -> None:
    running = make_cloud().start(4750)
    path = tmp_path / "local/cloud.json"
    path.unlink()
    if record is None:
        path.mkdir()
    else:
        path.write_bytes(record)
    assert make_cloud().find() == running
    make_cloud().stop()
    assert machine.running == {}
    assert make_cloud().find() is None
