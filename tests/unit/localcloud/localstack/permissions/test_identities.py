"""What is taken away in IAM counts at the next request, also for sessions that are open."""

import json
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from localcloud.iam.authorization import Caller
from localcloud.iam.principals import ANONYMOUS
from localcloud.iam.requests.call import Call
from localcloud.localstack.gate.keys import MotoKeys, SessionDetails
from localcloud.localstack.permissions.identities import Identities

ACCOUNT, REGION = "000000000000", "us-west-2"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
LIST, NOTHING = (
    json.dumps({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": "sqs:*", "Resource": "*"}})
    for effect in ("Allow", "Deny")
)


class Iam:
    """What moto keeps of IAM and STS."""

    def __init__(self) -> None:
        self.users: dict[str, SimpleNamespace] = {}
        self.access_keys: dict[str, SimpleNamespace] = {}
        self.managed_policies: dict[str, SimpleNamespace] = {}
        self.roles: dict[str, SimpleNamespace] = {}
        self.assumed_roles: list[SimpleNamespace] = []

    def get_groups_for_user(self, _name: str) -> list[SimpleNamespace]:
        return []

    def add_user(self, name: str, key_id: str) -> None:
        key = SimpleNamespace(access_key_id=key_id, secret_access_key="secret", status="Active")
        self.access_keys[key_id] = key
        self.users[name] = SimpleNamespace(
            id=f"AIDA-{key_id}",
            name=name,
            arn=f"arn:aws:iam::{ACCOUNT}:user/{name}",
            account_id=ACCOUNT,
            access_keys=[key],
            policies={"own": LIST},
            managed_policies={},
        )


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iam:
    made = Iam()
    for name in ("iam", "sts"):
        models = SimpleNamespace(**{f"{name}_backends": {ACCOUNT: {"aws": made}}})
        monkeypatch.setitem(sys.modules, f"moto.{name}.models", models)
    numbers = iter(range(10))
    utils = SimpleNamespace(
        generate_access_key_id_from_account_id=lambda _account, prefix: f"{prefix}{next(numbers)}"
    )
    monkeypatch.setitem(sys.modules, "moto.iam.utils", utils)
    return made


def call(service: str, operation: str) -> Call:
    return Call(service, operation, {}, ACCOUNT, REGION)


def caller(identities: Identities, key_id: str) -> Caller:
    found = identities.caller(key_id, ACCOUNT, "aws")
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["", "bob"])
def test_a_session_lasts_longer_than_its_user_s_key_and_not_longer_than_its_user(iam: Iam, name: str) -> None:
    issued = MotoKeys(lambda: NOON)
    identities = Identities(issued)
    iam.add_user("ann", "LKIA1")
    opened = issued.open_session(ACCOUNT, NOON + timedelta(hours=1), "LKIA1", name)
    session, ask = str(opened["AccessKeyId"]), call("sqs", "ListQueues")
    expected = f"arn:aws:sts::{ACCOUNT}:federated-user/bob" if name else f"arn:aws:iam::{ACCOUNT}:user/ann"
    iam.users["ann"].access_keys.clear()
    del iam.access_keys["LKIA1"]
    found = caller(identities, session)
    assert (found.principal, [policy.id for policy in found.identity]) == (expected, ["own"])
    assert identities.may_call(session, ask)

    iam.users.clear()
    iam.add_user("ann", "LKIA2")  # another of the same name
    assert not caller(identities, session).identity
    assert not identities.may_call(session, ask)


def test_the_key_of_a_user_who_is_deleted_is_unknown(iam: Iam) -> None:
    issued = MotoKeys(lambda: NOON)
    iam.add_user("ann", "LKIA1")
    assert issued.user_key("LKIA1") is not None
    iam.users.clear()  # moto keeps the key
    assert issued.user_key("LKIA1") is None


def test_the_default_version_of_a_managed_policy_counts(iam: Iam) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/worker"
    limit = f"arn:aws:iam::{ACCOUNT}:policy/limit"
    versions = [
        SimpleNamespace(version_id=number, document=text) for number, text in (("v1", LIST), ("v2", NOTHING))
    ]
    managed = SimpleNamespace(arn=limit, document=LIST, versions=versions, default_version_id="v1")
    iam.managed_policies[limit] = managed
    iam.roles["worker"] = SimpleNamespace(
        id="AROA1",
        name="worker",
        arn=arn,
        policies={},
        managed_policies={limit: managed},
        permissions_boundary_arn=limit,
    )
    session = SimpleNamespace(
        access_key_id="LSIA1",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/me",
        session_name="me",
        role_arn=arn,
        expiration=NOON,
    )
    iam.assumed_roles.append(session)
    issued = MotoKeys(lambda: NOON)
    issued.add_details("LSIA1", SessionDetails((limit,)), is_renewed=False)
    identities = Identities(issued)
    for version, allows in (("v1", True), ("v2", False), ("v1", True)):
        managed.default_version_id = version
        found = caller(identities, "LSIA1")
        policies = [*found.identity, *found.session, found.boundary]
        assert [policy and policy.statements[0].allows for policy in policies] == [allows] * 3


def test_a_session_that_is_forgotten_is_nobody_s(iam: Iam) -> None:
    issued = MotoKeys(lambda: NOON)
    opened = issued.open_session(ACCOUNT, NOON, "root")
    session = str(opened["AccessKeyId"])
    assert caller(Identities(issued), session).principal.endswith(":root")
    issued.forget_ended()
    assert caller(Identities(issued), session).principal == ANONYMOUS


@pytest.mark.parametrize("has_mfa", [False, True])
def test_a_session_of_a_user_tells_whether_it_names_an_mfa_device(iam: Iam, has_mfa: bool) -> None:
    issued = MotoKeys(lambda: NOON)
    opened = issued.open_session(ACCOUNT, NOON, "root", has_mfa=has_mfa)
    identities, session = Identities(issued), str(opened["AccessKeyId"])
    assert caller(identities, session).keys["aws:multifactorauthpresent"] == [str(has_mfa).lower()]
    assert identities.may_call(session, call("iam", "ListUsers")) is has_mfa
