from pathlib import Path

import pytest

from localcloud.localstack.settings import Entry, StateDirectory, runtime_environment

STATE = StateDirectory(Path("/state"))
ENTRY = Entry("LKIAQAAAAAAAAAAAAAAA", "secret")


def test_nothing_of_the_shell_reaches_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "HTTP_PROXY", "PYTHONPATH", "SERVICES", "DEBUG"):
        monkeypatch.setenv(name, "leaks")
    assert "leaks" not in runtime_environment(4566, STATE, "token", ENTRY).values()


def test_the_runtime_listens_at_the_given_port_of_the_loopback_interface_alone() -> None:
    environment = runtime_environment(4599, STATE, "token", ENTRY)
    assert environment["GATEWAY_LISTEN"] == environment["LOCALSTACK_HOST"] == "127.0.0.1:4599"


def test_all_files_lie_in_the_state_directory() -> None:
    environment = runtime_environment(4566, STATE, "token", ENTRY)
    folders = ("HOME", "TMPDIR", "CONFIG_DIR", "LOCALSTACK_VOLUME_DIR", "FILESYSTEM_ROOT")
    assert all(Path(environment[name]).is_relative_to(STATE.path) for name in folders)


def test_what_lasts_and_what_is_cleared_away_are_apart() -> None:
    assert not STATE.lasting.is_relative_to(STATE.temporary)
    assert not STATE.temporary.is_relative_to(STATE.lasting)
    assert not STATE.lock.is_relative_to(STATE.temporary)


def test_the_registry_of_images_is_named_where_there_is_one() -> None:
    assert "SAGESTEP_IMAGES" not in runtime_environment(4566, STATE, "token", ENTRY)
    environment = runtime_environment(4566, STATE, "token", ENTRY, images=Path("/images.toml"))
    assert environment["SAGESTEP_IMAGES"] == "/images.toml"


def test_only_the_services_asked_for_are_loaded() -> None:
    assert runtime_environment(4566, STATE, "token", ENTRY, services=["s3", "sqs"])["SERVICES"] == "s3,sqs"
