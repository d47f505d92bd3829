import json
import re
import stat
from pathlib import Path

import pytest

import localcloud
from localcloud.localstack.launcher import (
    NotReadyError,
    check_images,
    check_policy,
    check_version,
    claim,
    main,
    make_entry,
    prepare,
    write_credentials,
)
from localcloud.localstack.pin import LOCALSTACK_VERSION
from localcloud.localstack.settings import StateDirectory


def test_the_pinned_version_is_the_one_that_is_installed() -> None:
    requirements = Path(localcloud.__file__).with_name("requirements.in").read_text()
    assert re.search(
        rf"^localstack-core\[.*\]=={re.escape(LOCALSTACK_VERSION)}\b", requirements, re.MULTILINE
    )


@pytest.mark.parametrize(
    ("installed", "told"), [(None, "no localstack-core"), ("4.9.2", "localstack-core 4.9.2")]
)
def test_another_localstack_is_refused_by_name(installed: str | None, told: str) -> None:
    with pytest.raises(NotReadyError, match=re.escape(told)):
        check_version(installed)


def test_the_pinned_localstack_is_accepted() -> None:
    check_version(LOCALSTACK_VERSION)


def test_a_registry_of_images_is_read_before_the_start(tmp_path: Path) -> None:
    registry = tmp_path / "images.toml"
    with pytest.raises(NotReadyError, match=r"images\.toml cannot be read: No such file"):
        check_images(registry)
    registry.write_text("[[image]]\nuri = 3")
    with pytest.raises(NotReadyError, match="uri must be a string"):
        check_images(registry)
    registry.write_text('[[image]]\nuri = "*"\nfolder = "."')
    assert check_images(registry) == registry


def test_nothing_is_registered_unless_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("images.toml").touch()
    assert check_images(None) is None
    assert check_images(Path("images.toml")) == tmp_path / "images.toml"


def test_a_state_directory_serves_one_local_cloud_at_a_time(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "cloud")
    claim(state)
    with pytest.raises(NotReadyError, match="another local cloud"):
        claim(state)


def test_a_state_directory_that_cannot_be_made_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotReadyError, match="Not a directory"):
        claim(StateDirectory(tmp_path / "file" / "cloud"))


def test_what_an_earlier_run_left_behind_is_cleared_away_but_for_what_lasts(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    prepare(state)
    left_behind, kept = state.temporary / "sandboxes" / "output", state.static_libraries / "catalog"
    left_behind.parent.mkdir()
    left_behind.touch()
    kept.touch()
    prepare(state)
    assert list(state.temporary.iterdir()) == []
    assert kept.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ["--port", "0"],
        ["--port", "65536"],
        ["--port", "http"],
        ["--port", "4566", "--services", " , "],
        [],
    ],
)
def test_wrong_use_ends_with_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*wrong, "--state-dir", "state", "--instance", "token"])
    assert end.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_key_is_written_for_its_user_alone_whatever_was_there(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "cloud")
    state.path.mkdir(mode=0o755)
    state.credentials.write_text("of an older run")
    state.credentials.chmod(0o644)
    claim(state)
    entry = make_entry(False, [])
    write_credentials(state, entry)
    assert stat.S_IMODE(state.path.stat().st_mode) == 0o700
    assert stat.S_IMODE(state.credentials.stat().st_mode) == 0o600
    assert json.loads(state.credentials.read_text()) == {
        "access_key_id": entry.access_key_id,
        "secret_access_key": entry.secret_access_key,
        "is_open": False,
    }
    assert entry.secret_access_key not in repr(entry)


def test_each_key_is_new_but_that_of_an_open_cloud() -> None:
    assert make_entry(False, []) != make_entry(False, [])
    assert make_entry(True, []).credentials == {
        "access_key_id": "test",
        "secret_access_key": "test",
        "is_open": True,
    }


def test_what_is_no_origin_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--port", "4566", "--state-dir", "x", "--instance", "i", "--allow-origin", "*"]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "'*' is no origin; one looks like http://localhost:3000" in capsys.readouterr().err


def test_the_policy_of_the_deployer_is_read_before_the_start(tmp_path: Path) -> None:
    assert check_policy(None) is None
    file = tmp_path / "policy.json"
    with pytest.raises(NotReadyError, match=r"policy\.json: .*No such file"):
        check_policy(file)
    file.write_text("{}")
    with pytest.raises(NotReadyError, match="The policy has no Statement"):
        check_policy(file)
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a": "b"}}}
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    with pytest.raises(NotReadyError, match="'Odd' is unknown"):
        check_policy(file)
    del statement["Condition"]
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}))
    assert check_policy(file) == file
    variables = make_entry(False, [], iam="audit", deployer_policy=file).variables
    assert (variables["SAGESTEP_IAM"], variables["SAGESTEP_DEPLOYER_POLICY"]) == ("audit", str(file))
