"""A local cloud that does not answer, and the end of one."""

from collections.abc import Callable

import pytest

from driver.deployments.local_cloud import LocalCloud
from driver.model.exceptions import CloudBusyError, LocalCloudError
from tests.unit.driver.fake_machine import Machine


def test_a_start_ends_none_that_lives(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    first = make_cloud().start(4750)
    with pytest.raises(CloudBusyError):
        make_cloud().start(4751)
    assert list(machine.running) == [first.pid]
    assert machine.signals == []


def test_one_that_answers_late_is_waited_for(
    make_cloud: Callable[[], LocalCloud], machine: Machine, waits: list[str]
) -> None:
    running = make_cloud().start(4750)
    machine.answers_after = 10
    assert make_cloud().find() == running
    assert len(waits) == 1
    assert f"Process {running.pid}" in waits[0]
    assert machine.signals == []


def test_one_that_is_stopped_is_waited_for_until_it_goes_on(
    make_cloud: Callable[[], LocalCloud], machine: Machine, waits: list[str]
) -> None:
    running = make_cloud().start(4750)
    machine.states[running.pid] = "stopped"
    machine.ready_after = machine.now + 40
    assert make_cloud().find() == running
    assert "state: stopped" in waits[0]


def test_one_that_does_not_answer_for_a_minute_is_given_up_and_left_alone(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    cloud = make_cloud()
    running = cloud.start(4750)
    machine.states[running.pid] = "stopped"
    machine.ready_after, before = 1e9, machine.now
    with pytest.raises(CloudBusyError, match=f"state: stopped.*kill -CONT {running.pid}.*invoke pause"):
        cloud.find()
    assert 60 <= machine.now - before < 100
    assert machine.signals == []
    before = machine.now
    with pytest.raises(CloudBusyError):  # the same command waits once
        cloud.find()
    assert machine.now - before < 5


def test_one_that_ends_while_it_is_waited_for_is_gone(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    make_cloud().start(4750)
    machine.ready_after, machine.dies_at = 1e9, machine.now + 5
    assert make_cloud().find() is None


def test_a_deadline_does_not_pass_while_the_machine_sleeps(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    running = make_cloud().start(4750)
    machine.gaps = [0, 8 * 3600]  # asleep during its second look
    machine.ready_after = machine.now + 8 * 3600 + 1
    assert make_cloud().find() == running


def test_after_its_end_the_port_is_waited_for(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    make_cloud().start(4750)
    machine.taken[4750] = "python (process 101)"
    machine.frees_at = machine.now + 3
    make_cloud().stop()
    assert 3 <= machine.now < 5


def test_one_that_cannot_be_killed_is_named(make_cloud: Callable[[], LocalCloud], machine: Machine) -> None:
    running = make_cloud().start(4750)
    machine.obeys, machine.is_immortal = False, True
    machine.states[running.pid] = "disk-sleep"
    with pytest.raises(LocalCloudError, match=r"does not end.*state: waiting for a disk"):
        make_cloud().stop()


def test_whoever_has_its_number_after_it_ended_is_not_killed(
    make_cloud: Callable[[], LocalCloud], machine: Machine
) -> None:
    running = make_cloud().start(4750)
    machine.heir = "/usr/bin/editor"
    make_cloud().stop()
    assert machine.signals == [f"terminate {running.pid}"]
    assert machine.running == {running.pid: "/usr/bin/editor"}
