"""Sessions of STS that have ended: told as expired, and forgotten."""

import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from localcloud.localstack.gate import keys
from localcloud.localstack.gate.canonical import Scope
from localcloud.localstack.gate.faults import Fault, RefusedError
from localcloud.localstack.gate.keys import KeyRing, MotoKeys, SessionDetails
from localcloud.localstack.gate.root_key import new_root_key
from localcloud.localstack.gate.signature import key_for

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Cloud:
    """What STS and IAM keep in memory, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        self.sts = SimpleNamespace(assumed_roles=[])
        self.iam = SimpleNamespace(access_keys={}, users={})
        for name, backend in (("sts", self.sts), ("iam", self.iam)):
            models = SimpleNamespace(**{f"{name}_backends": {"000000000000": {"aws": backend}}})
            monkeypatch.setitem(sys.modules, f"moto.{name}.models", models)
        self.issued = MotoKeys(lambda: self.now)
        self.ring = KeyRing(new_root_key(), self.issued)

    def assume(self, key_id: str, *, by_service: bool = False) -> str:
        role = SimpleNamespace(
            access_key_id=key_id,
            secret_access_key="secret",
            session_token=f"token of {key_id}",
            expiration=(self.now + HOUR).replace(tzinfo=None),  # as moto has it
        )
        self.sts.assumed_roles.append(role)
        self.iam.access_keys[key_id] = role
        self.issued.add_details(key_id, SessionDetails(("policy",)), is_renewed=by_service)
        return key_id

    def fault(self, key_id: str) -> Fault | None:
        """Use a session; give what the gate says of it."""
        try:
            scope = Scope(key_id, "20261127", "us-west-2", "sqs")
            key_for(scope, f"token of {key_id}", self.ring.find, self.now)
        except RefusedError as refusal:
            return refusal.fault
        return None


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Cloud:
    return Cloud(monkeypatch)


def test_a_session_that_has_ended_is_forgotten_and_still_told_as_expired(cloud: Cloud) -> None:
    old = cloud.assume("LSIAOLD")
    assert cloud.fault(old) is None
    cloud.now += HOUR
    new = cloud.assume("LSIANEW")
    assert cloud.fault(old) is Fault.EXPIRED_TOKEN
    cloud.issued.forget_ended()
    assert [role.access_key_id for role in cloud.sts.assumed_roles] == list(cloud.iam.access_keys) == [new]
    assert (cloud.issued.details(old), cloud.issued.details(new)) == (
        None,
        SessionDetails(("policy",), issued=cloud.now),
    )
    cloud.ring = KeyRing(new_root_key(), cloud.issued)  # whose memory is another
    assert (cloud.fault(old), cloud.fault(new), cloud.fault("LSIANEVER")) == (
        Fault.EXPIRED_TOKEN,
        None,
        Fault.UNKNOWN_KEY,
    )


def test_a_session_of_a_user_ends_likewise(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    utils = SimpleNamespace(generate_access_key_id_from_account_id=lambda _account, prefix: f"{prefix}USER")
    monkeypatch.setitem(sys.modules, "moto.iam.utils", utils)
    cloud.issued.open_session("000000000000", cloud.now + HOUR, "LKIA")
    assert cloud.issued.opened("LSIAUSER") is not None
    cloud.now += HOUR
    cloud.issued.forget_ended()
    assert cloud.issued.opened("LSIAUSER") is None
    assert cloud.fault("LSIAUSER") is Fault.EXPIRED_TOKEN


def test_sessions_that_services_hold_last_as_long_as_they_are_used(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST_SESSIONS", 2)
    held = [cloud.assume(f"LSIA{number}", by_service=True) for number in range(3)]
    cloud.issued.forget_ended()
    assert [cloud.fault(key_id) for key_id in held] == [None] * 3  # in their time, all of them
    cloud.now += 24 * HOUR
    assert cloud.fault(held[0]) is None
    assert cloud.fault(held[2]) is None
    cloud.issued.forget_ended()
    assert [cloud.fault(key_id) for key_id in held] == [None, Fault.EXPIRED_TOKEN, None]


def test_memory_is_bounded_without_anybody_asking(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_ENDED", 100)
    for number in range(3000):
        cloud.assume(f"LSIA{number}")
        cloud.now += timedelta(minutes=1)
    assert len(cloud.sts.assumed_roles) <= 60 + 500
    assert len(cloud.iam.access_keys) == len(cloud.sts.assumed_roles)
    assert cloud.fault("LSIA2900") is Fault.EXPIRED_TOKEN
    assert cloud.issued.session("LSIA1") is None  # too long ago


def test_a_session_whose_key_nobody_has_any_more_is_forgotten_at_once(cloud: Cloud) -> None:
    gone, kept = cloud.assume("LSIAGONE", by_service=True), cloud.assume("LSIAKEPT", by_service=True)
    cloud.issued.close(gone)
    assert [role.access_key_id for role in cloud.sts.assumed_roles] == [kept]
    assert [*cloud.iam.access_keys] == [kept]
    assert (cloud.issued.details(gone), cloud.issued.touch(gone)) == (None, False)
    assert cloud.fault(gone) is Fault.UNKNOWN_KEY
    assert cloud.fault(kept) is None
    cloud.issued.close(gone)  # which does no harm


def test_a_session_is_found_while_others_are_closed(cloud: Cloud) -> None:
    class Closing:
        """A session that is closed, with the one before it, just when it is looked at."""

        @property
        def access_key_id(self) -> str:
            if self in cloud.sts.assumed_roles:
                cloud.sts.assumed_roles[-2:] = []
            return "LSIACLOSING"

    wanted = cloud.assume("LSIAWANTED")
    cloud.sts.assumed_roles += [SimpleNamespace(access_key_id="LSIAOTHER"), Closing()]
    assert cloud.issued.assumed_role(wanted) is not None
    assert len(cloud.sts.assumed_roles) == 1
