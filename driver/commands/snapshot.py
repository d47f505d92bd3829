"""`invoke snapshot`: saves a deployment of the local cloud as one file, loads, lists and deletes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from driver.commands.ages import days_in, describe_age
from driver.commands.context import Command
from driver.commands.snapshot_transfer import LoadSnapshot, SaveSnapshot
from driver.deployments.snapshot_archive import Snapshot, archive_hash
from driver.deployments.snapshots import FOLDER, Kept, Snapshots
from driver.host.wording import counted, describe_bytes
from driver.model.exceptions import WrongUseError

_ACTIONS_OF = {"--replace": {"load"}, "--sha256": {"load"}, "--older-than": {"list", "delete"}}


@dataclass(frozen=True)
class SnapshotRequest:
    """What was typed: the action, a name or file, and the flags."""

    action: str
    name: str = ""
    sha256: str = ""
    older_than: str = ""
    is_replacing: bool = False
    assume_yes: bool = False


class ManageSnapshots(Command):
    """Does what a request says."""

    def __call__(self, request: SnapshotRequest) -> None:
        """Do it, and present the snapshots that it was about."""
        actions = {"save": self._save, "load": self._load, "list": self._list, "delete": self._delete}
        if request.action not in actions:
            raise WrongUseError(
                f"`invoke snapshot {request.action}` is not known.",
                "",
                "Use `save NAME`, `load NAME`, `list` or `delete NAME`; `invoke --help snapshot` tells more.",
            )
        given = {
            "--replace": request.is_replacing,
            "--sha256": request.sha256,
            "--older-than": request.older_than,
        }
        for flag, actions_of in _ACTIONS_OF.items():
            if given[flag] and request.action not in actions_of:
                raise WrongUseError(
                    f"`invoke snapshot {request.action}` does not take {flag}.",
                    f"It is for {' and '.join(sorted(actions_of))}.",
                    "Leave it out.",
                )
        if request.action in {"save", "load"} and not request.name:
            raise WrongUseError(
                f"`invoke snapshot {request.action}` needs a name.",
                "",
                f"Write `invoke snapshot {request.action} NAME`.",
            )
        kept = actions[request.action](request)
        now = datetime.now(UTC)
        document = {"version": 1, "snapshots": [_described(one, now) for one in kept]}
        self.console.present(
            document, lambda: self._show(kept, now, request) if request.action == "list" else None
        )

    @property
    def snapshots(self) -> Snapshots:
        """Those of the project."""
        return Snapshots(self.settings.home / FOLDER)

    def _save(self, request: SnapshotRequest) -> Sequence[Kept]:
        snapshots, path = self.snapshots, self.snapshots.path(request.name)
        if path.exists():
            raise WrongUseError(
                f"There is a snapshot {request.name} already.",
                "",
                f"Choose another name, or run `invoke snapshot delete {request.name}` before.",
            )
        snapshot = SaveSnapshot(self.context)(request.name, path)
        digest, size = snapshots.note(path), path.stat().st_size
        self.console.done(f"saved: {counted(snapshot.resources, 'resource')}, {describe_bytes(size)}: {path}")
        self.console.news(f"  on another machine: invoke snapshot load FILE --sha256 {digest}")
        return [Kept(request.name, path, size, snapshot)]

    def _load(self, request: SnapshotRequest) -> Sequence[Kept]:
        path = self.snapshots.find(request.name)
        digest = archive_hash(path)
        if request.sha256 and digest != request.sha256.lower():
            raise WrongUseError(
                f"{path} is another file than the one that --sha256 names.",
                f"Its hash is {digest}.",
                "Copy it again, or ask who saved it for the hash.",
            )

        def agree(snapshot: Snapshot, there: str) -> None:
            is_known = bool(request.sha256) or self.snapshots.is_made_here(digest)
            if not is_known:
                self.console.warn(
                    f"{path} was not saved here. To load it runs code that is in it, as you: load only what "
                    f"comes from somebody whom you trust. Its SHA-256 is {digest}."
                )
            if there:
                self.console.warn(f"It replaces what is deployed: {there}, all data, all executions.")
            if (there or not is_known) and not request.assume_yes:
                self.console.confirm(f"Load snapshot {snapshot.name} of {snapshot.created}?")

        snapshot = LoadSnapshot(self.context)(path, replaces=request.is_replacing, agree=agree)
        self.console.done(
            f"loaded: {counted(snapshot.resources, 'resource')}; the local cloud runs with what it holds"
        )
        return [Kept(snapshot.name, path, path.stat().st_size, snapshot)]

    def _list(self, request: SnapshotRequest) -> Sequence[Kept]:
        return self._older(self.snapshots.kept(), request.older_than)

    def _delete(self, request: SnapshotRequest) -> Sequence[Kept]:
        if bool(request.name) == bool(request.older_than):
            raise WrongUseError(
                "It is not clear which snapshots to delete.",
                "",
                "Name one, as in `invoke snapshot delete NAME`, or use --older-than 30d.",
            )
        snapshots = self.snapshots
        found = snapshots.kept()
        if request.name:
            path = snapshots.find(request.name)
            found = [one for one in found if one.path.resolve() == path.resolve()]
            if not found:
                raise WrongUseError(
                    f"{path} is not deleted.",
                    f"It is not in {snapshots.folder}.",
                    "Delete the file yourself.",
                )
        else:
            found = self._older(found, request.older_than)
        if not found:
            self.console.done("there is nothing to delete")
            return []
        if not self.console.speaks_json:
            self._show(found, datetime.now(UTC), request)
        if not request.assume_yes:
            self.console.confirm(f"Delete {counted(len(found), 'snapshot')}?")
        for one in found:
            snapshots.delete(one)
        self.console.done(f"deleted {counted(len(found), 'snapshot')}")
        return found

    def _older(self, found: Sequence[Kept], age: str) -> Sequence[Kept]:
        """Limit a list to what is older; what cannot be read has no age."""
        if not age:
            return found
        days, now = days_in(age), datetime.now(UTC)
        return [one for one in found if one.snapshot and one.snapshot.age_in_days(now) > days]

    def _show(self, kept: Sequence[Kept], now: datetime, request: SnapshotRequest) -> None:
        if not kept:
            age = request.older_than
            self.console.line(f"no snapshot is older than {age}" if age else "there are no snapshots")
            return
        rows = [
            [
                one.name,
                describe_age(one.snapshot.age_in_days(now)) if one.snapshot else "",
                describe_bytes(one.size),
                _said(one.snapshot),
            ]
            for one in kept
        ]
        self.console.table(["snapshot", "age", "size", "holds"], rows)


def _said(snapshot: Snapshot | None) -> str:
    if snapshot is None:
        return "cannot be read"
    return f"{counted(snapshot.resources, 'resource')}, sagestep {snapshot.sagestep}"


def _described(kept: Kept, now: datetime) -> dict[str, object]:
    """Describe one for a document; of one that cannot be read only its file is known."""
    snapshot = kept.snapshot
    return {
        "name": kept.name,
        "path": str(kept.path),
        "bytes": kept.size,
        "created": snapshot and snapshot.created,
        "age_days": snapshot and round(snapshot.age_in_days(now), 3),
        "resources": snapshot and snapshot.resources,
        "sagestep": snapshot and snapshot.sagestep,
    }
