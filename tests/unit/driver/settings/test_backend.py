"""The table [backend] of sagestep.toml."""

import json
from pathlib import Path

import pytest

from driver.deployments.cloud_access import local_environment
from driver.model.exceptions import WrongUseError
from driver.model.records import parse_object
from driver.model.values import Keys
from driver.settings.backend import Backend
from driver.settings.settings import Settings
from tests.unit.driver.messages import ROOT


def settings(folder: Path, text: str, **flags: str) -> Settings:
    path = folder / "sagestep.toml"
    path.write_text(text)
    return Settings.resolve(ROOT, flags, {"SAGESTEP_CONFIG": str(path)})


def test_a_bucket_is_enough(tmp_path: Path) -> None:
    found = settings(tmp_path, '[backend]\nbucket = "my-states"', target="aws").state_backend
    assert found == Backend("my-states", "sagestep/aws/terraform.tfstate", "us-west-2")
    assert found.url == "s3://my-states/sagestep/aws/terraform.tfstate"


def test_everything_can_be_said(tmp_path: Path) -> None:
    table = """
        [backend]
        bucket = "my-states"
        key = "team/one.tfstate"
        region = "eu-central-1"
        use_lockfile = false
        encrypt = true
        kms_key_id = "arn:aws:kms:eu-central-1:123456789012:key/0f8c2f0e-1111-2222-3333-444455556666"
        """
    found = settings(tmp_path, table, target="aws").state_backend
    assert found
    assert json.loads(json.dumps(found.document())) == {
        "s3": {
            "bucket": "my-states",
            "key": "team/one.tfstate",
            "region": "eu-central-1",
            "encrypt": True,
            "use_lockfile": False,
            "kms_key_id": "arn:aws:kms:eu-central-1:123456789012:key/0f8c2f0e-1111-2222-3333-444455556666",
        }
    }
    assert Backend.of_record(parse_object(json.dumps(found.record()))) == found


def test_no_two_environments_have_one_state(tmp_path: Path) -> None:
    text = """
        name_prefix = "shared"
        [backend]
        bucket = "my-states"
        key = "one.tfstate"
        [env.live]
        [env.live.backend]
        bucket = "live-states"
        """
    places = {
        found.url
        for flags in ({}, {"env": "live"}, {"env": "test"})
        if (found := settings(tmp_path, text, target="aws", **flags).state_backend)
    }
    assert places == {
        "s3://my-states/one.tfstate",
        "s3://live-states/shared/live/aws/terraform.tfstate",
        "s3://my-states/shared/test/aws/terraform.tfstate",
    }


def test_a_local_target_keeps_its_state_here_unless_the_s3_is_its_own(tmp_path: Path) -> None:
    text = '[backend]\nbucket = "my-states"\n'
    assert settings(tmp_path, text).state_backend is None
    found = settings(tmp_path, f'{text}endpoint = "http://127.0.0.1:4566"').state_backend
    assert found
    assert found.document()["s3"]["endpoints"] == {"s3": "http://127.0.0.1:4566"}  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "key", "must_be"),
    [
        ('key = "a"', "bucket is missing", "S3 bucket that exists"),
        ('bucket = "Upper"', "bucket is 'Upper'", "lowercase"),
        ('bucket = "ab"', "bucket is 'ab'", "3 to 63"),
        ("bucket = 5", "bucket is 5", "3 to 63"),
        ('bucket = "abc"\nkey = "/a"', "key is '/a'", "no slash"),
        ('bucket = "abc"\nkey = ""', "key is ''", "no slash"),
        (f'bucket = "abc"\nkey = "{"k" * 1018}"', "key is", "1017"),
        ('bucket = "abc"\nregion = "Oregon"', "region is 'Oregon'", "us-west-2"),
        ('bucket = "abc"\nuse_lockfile = "yes"', "use_lockfile is 'yes'", "true or false"),
        ('bucket = "abc"\nencrypt = false', "encrypt is False", "always encrypted"),
        ('bucket = "abc"\nkms_key_id = "mine"', "kms_key_id is 'mine'", "KMS"),
        ('bucket = "abc"\nendpoint = "ftp://x"', "endpoint is 'ftp://x'", "URL"),
        ('bucket = "abc"\nendpoint = "http://x:port"', "endpoint is", "URL"),
        ('bucket = "abc"\nprofile = "mine"', "profile is no setting", "use_lockfile"),
        ('bucket = "abc"\naccess_key = "mine"', "access_key is no setting", "bucket"),
    ],
)
@pytest.mark.parametrize("table", ["backend", "env.live.backend"])
def test_what_cannot_be_used_is_named_with_file_and_key(
    tmp_path: Path, table: str, line: str, key: str, must_be: str
) -> None:
    with pytest.raises(WrongUseError) as raised:
        settings(tmp_path, f"[{table}]\n{line}", target="aws")
    assert raised.value.what.startswith(f"sagestep.toml: {table}.{key}")
    assert must_be in raised.value.why
    assert str(tmp_path / "sagestep.toml") in raised.value.next_step


def test_a_table_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="backend is 's3'"):
        settings(tmp_path, 'backend = "s3"')


def test_a_local_target_takes_the_keys_of_a_local_cloud_and_no_others() -> None:
    secrets = {"AWS_SECRET_ACCESS_KEY": "secret", "AWS_PROFILE": "mine"}
    own = Keys("LKIA2", "own")
    found = local_environment({"AWS_ACCESS_KEY_ID": "AKIA1", **secrets}, own)
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("LKIA2", "own")
    found = local_environment({"AWS_ACCESS_KEY_ID": "LKIA1", **secrets}, own)
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("LKIA1", "secret")
    assert "AWS_PROFILE" not in found
