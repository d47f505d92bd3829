"""What there is to destroy, shown before anything is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rich.filesize import decimal

from driver.aws.storage import Storage
from driver.deployments.groups import Group, Split
from driver.host.console import Console
from driver.host.wording import counted
from driver.model.values import BucketContent, Deployment
from driver.terraform.state import by_module


@dataclass(frozen=True, slots=True)
class Inventory:
    """All groups in the order of their destruction, and the content of their buckets by group."""

    groups: Sequence[Group]
    contents: Mapping[str, str]

    def title(self, group: Group) -> str:
        """Return what a question calls a group."""
        return f"{group.title}{self.contents.get(group.name, '')}"

    def line(self, group: Group) -> str:
        """Return what a list says of a group."""
        return f"{group.name}: {group.label}{self.contents.get(group.name, '')}"

    def show(self, deployment: Deployment, console: Console) -> None:
        """Show where it is, and all of it by group and module."""
        place = deployment.endpoint_url or f"account {deployment.account_id}, region {deployment.region}"
        console.say(f"On target {deployment.target}, {place}: {_count(self.groups)}")
        for group in self.groups:
            console.say(f"  {self.line(group)}", "bold")
            for module, members in by_module(group.resources).items():
                names = ", ".join(resource.local_name for resource in members)
                console.say(f"    {module or 'root'}: {names}", "dim")

    def show_split(self, chosen: Split, wanted: Collection[str], console: Console) -> None:
        """Show what stays, because of what, and what goes; nothing where all of it goes."""
        present = {group.name for group in self.groups}
        absent = [name for name in wanted if name not in present]
        if absent:
            console.warn(f"not deployed, so not kept: {', '.join(absent)}")
        if not chosen.kept:
            return
        console.say(f"\nTo be kept: {_count(chosen.kept)}")
        for group in chosen.kept:
            needed_by = chosen.needed_by[group.name]
            why = f" (needed by {', '.join(needed_by)})" if needed_by else ""
            console.say(f"  {self.line(group)}{why}")
        if chosen.going:
            console.say(f"To be destroyed: {_count(chosen.going)}")
            for group in chosen.going:
                console.say(f"  {self.line(group)}")


def take_inventory(groups: Sequence[Group], storage: Storage) -> Inventory:
    """Find out how much is in the buckets."""
    buckets = {group.name: group.ids("aws_s3_bucket") for group in groups}
    measured = {
        name: [storage.measure(bucket) for bucket in found] for name, found in buckets.items() if found
    }
    contents = {
        name: f" with {' and '.join(map(describe_content, found))}" for name, found in measured.items()
    }
    return Inventory(groups, contents)


def describe_content(content: BucketContent) -> str:
    """Write how much is in a bucket."""
    if not content.objects:
        return "nothing in it"
    if content.is_counted:
        return f"{counted(content.objects, 'object')}, {decimal(content.size)}"
    return f"more than {content.objects - 1} objects, over {decimal(content.size)}"


def _count(groups: Sequence[Group]) -> str:
    return counted(sum(len(group.resources) for group in groups), "resource")
