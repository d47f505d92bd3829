import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from driver.deployments.local_cloud import LocalCloud
from driver.host.files import locked
from driver.model.choices import IamMode
from driver.model.exceptions import LocalCloudError
from driver.model.values import OPEN_KEYS, Access, Keys, RunningCloud
from tests.unit.driver.fake_machine import Machine


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
    (tmp_path / "local").mkdir(exist_ok=True)
    (tmp_path / "local" / "images.toml").touch()
    running = make_cloud().start(4750)
    [command] = machine.started
    assert command[1:3] == ["-m", "localcloud.localstack"]
    assert dict(zip(command[3::2], command[4::2], strict=True)) == {
        "--port": "4750",
        "--state-dir": str(tmp_path / "local/cloud"),
        "--instance": running.instance,
        "--images": str(tmp_path / "local/images.toml"),
        "--iam": "enforce",
    }


def test_without_a_file_of_images_it_has_none(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    make_cloud().start(4750)
    assert "--images" not in machine.started[0]


def test_nothing_of_the_users_reaches_it(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    make_cloud().start(4750)
    assert machine.environment == {"PATH": "/bin", "HOME": "/home/me"}


def test_two_starts_are_two_instances(make_cloud: Callable[[], LocalCloud]) -> None:
    first = make_cloud().start(4750)
    make_cloud().stop()
    assert make_cloud().start(4750).instance != first.instance


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


def test_one_that_another_environment_runs_is_of_another_version(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    running = make_cloud().start(4750)
    assert not make_cloud().is_of_another_version(running)
    words = machine.running[running.pid].partition(" ")[2]
    machine.running[running.pid] = f"/cache/localcloud-0/bin/python {words}"
    assert make_cloud().find() == running
    assert make_cloud().is_of_another_version(running)


@pytest.mark.parametrize("is_ours", [True, False])
def test_another_process_with_its_number_is_not_it(
    make_cloud: Callable[[], LocalCloud], machine: Machine, *, is_ours: bool
) -> None:
    running = make_cloud().start(4750)
    if is_ours:  # the local cloud of another folder, started later
        machine.births[running.pid] = "later"
    else:
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
    record.write_text(json.dumps({"pid": running.pid, "port": 4750, "instance": "mine", "started": "before"}))
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


def test_its_keys_are_read_where_it_writes_them(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path
) -> None:
    running = make_cloud().start(4750)
    with pytest.raises(LocalCloudError, match="keys of the local cloud are missing"):
        make_cloud().keys(running.endpoint_url)
    keys = {"access_key_id": "LKIAX", "secret_access_key": "hidden", "is_open": False}
    (tmp_path / "local/cloud/credentials.json").write_text(json.dumps(keys))
    assert make_cloud().keys(running.endpoint_url) == Keys("LKIAX", "hidden")
    assert make_cloud().keys("http://127.0.0.1:4751") == OPEN_KEYS  # another cloud gets no key of this one


def test_one_of_an_earlier_version_has_no_keys(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    running = make_cloud().start(4750)
    machine.is_old = True
    assert make_cloud().keys(running.endpoint_url) == OPEN_KEYS


def test_who_may_use_it_is_asked_for_and_remembered(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    origins = ("http://a.example", "http://b.example")
    access = Access(is_open=True, allowed_origins=origins, iam=IamMode.AUDIT, deployer_policy="/p.json")
    running = make_cloud().start(4750, access)
    [command] = machine.started
    assert command[-9:] == [
        "--iam",
        "audit",
        "--deployer-policy",
        "/p.json",
        "--open",
        "--allow-origin",
        "http://a.example",
        "--allow-origin",
        "http://b.example",
    ]
    assert make_cloud().find() == running
    assert make_cloud().access() == access
    make_cloud().stop()
    assert make_cloud().access() is None


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


def test_two_tasks_that_need_a_paused_cloud_start_it_once(
    make_cloud: Callable[[], LocalCloud], machine: Machine, tmp_path: Path
) -> None:
    make_cloud().start(4566)
    saved = tmp_path / "local/cloud/saved"
    saved.mkdir()
    (saved / "manifest.json").write_bytes(b"{}")
    make_cloud().pause()
    with ThreadPoolExecutor(2) as threads:
        with locked(tmp_path / "local"):
            found = [threads.submit(make_cloud().take_up) for _ in range(2)]
            time.sleep(0.2)  # both have seen by now that it does not run
        first, second = (one.result() for one in found)
    assert first is not None
    assert first == second
    assert len(machine.started) == 2  # at first, and after the pause
