"""`invoke permissions`: what roles may do, what runs used of it, what was denied and what would cure that."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from driver.commands.context import Command
from driver.executions.names import Kind
from driver.host.wording import counted
from driver.inspection.permissions.cures import Cure, cures, deployer_policies
from driver.inspection.permissions.decisions import Decided, Decision, Period, read_decisions, unused
from driver.inspection.permissions.grants import Grant, read_grants
from driver.model.choices import IamMode
from driver.model.documents import Document
from driver.model.exceptions import NotDeployedError, WrongUseError
from driver.model.values import AnyExecution

if TYPE_CHECKING:
    from driver.aws.permissions import Roles, Simulated

_ROOT = ":root"
_DEPLOYER = ":user/deployer"  # who the local cloud's own key is where it has a policy


@dataclass(frozen=True, slots=True)
class PermissionsRequest:
    """Which permissions to show.

    `role` and `execution` narrow what is shown. `check` is an action that IAM is asked about, on `resource`.
    `deployer` writes the policy of who deploys.
    """

    role: str | None = None
    execution: str | None = None
    check: str = ""
    resource: str = ""
    deployer: bool = False


@dataclass(frozen=True, slots=True)
class RoleUse:
    """A role, what it is granted, what of that no request used, and what was decided for it."""

    arn: str
    grants: Sequence[Grant]
    unused: Sequence[Grant]
    decisions: Sequence[Decided]

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition("/")[2]

    @property
    def denied(self) -> list[Decided]:
        """What it was denied."""
        return [decided for decided in self.decisions if decided.is_denied]

    def document(self) -> Document:
        """Put it into a document."""
        return {
            "role": self.arn,
            "grants": [grant.document() for grant in self.grants],
            "unused": [grant.document() for grant in self.unused],
            "decisions": [decided.document() for decided in self.decisions],
        }


class Permissions(Command):
    """Shows permissions."""

    def __call__(self, request: PermissionsRequest) -> None:
        """Show them; nothing is changed."""
        _check_flags(request)
        if request.check:
            self._check(request)
        elif request.deployer:
            self._write_deployer_policies()
        else:
            self._show_use(request)

    def _show_use(self, request: PermissionsRequest) -> None:
        decisions = self._decisions(request.execution)
        roles = [self._use(arn, decisions) for arn in self._chosen(request.role)]
        others = [] if request.role else self._others(decisions)
        denied = [*(decided for role in roles for decided in role.denied), *others]
        found = cures(denied)
        document = _document(
            is_recorded=self._record is not None,
            mode=self._mode,
            roles=[role.document() for role in roles],
            others_denied=[decided.document() for decided in others],
            cures=[cure.document() for cure in found],
        )
        self.console.present(document, lambda: self._say(roles, others, found))

    def _say(self, roles: Sequence[RoleUse], others: Sequence[Decided], found: Sequence[Cure]) -> None:
        self.console.table(
            ("Role", "Actions granted", "Never used", "Denied"),
            [
                (
                    role.name,
                    str(len(role.grants)),
                    str(len(role.unused)) if self._record else "unknown",
                    str(sum(decided.count for decided in role.denied)) if self._record else "unknown",
                )
                for role in roles
            ],
        )
        if not self._record:
            self.console.warn(
                "Only the local cloud records what was asked. "
                "`--check ACTION --resource ARN --role NAME` asks IAM of AWS."
            )
            return
        if self._mode == IamMode.OFF:
            self.console.warn(
                "The local cloud asks IAM nothing (iam = off), so nothing is recorded. "
                "`invoke down`, then `invoke up --iam enforce` or `--iam audit` changes that."
            )
            return
        for role in roles:
            for grants in _by_statement(role.unused):
                actions, first = ", ".join(grant.action for grant in grants), grants[0]
                where = f"statement {first.sid} of {first.policy}" if first.sid else f"policy {first.policy}"
                self.console.say(f"never used: {role.name}: {actions} ({where})")
        for decided in (*(decided for role in roles for decided in role.denied), *others):
            times = f", {counted(decided.count, 'time')}" if decided.count > 1 else ""
            self.console.say(f"denied{times}: {decided.reason}", "bold")
        for cure in found:
            self.console.say(f"\nA statement for {cure.role} that allows it, for Terraform and as JSON:")
            self.console.say(f"  {cure.hcl()}")
            self.console.say(f"  {json.dumps(cure.statement())}")

    def _check(self, request: PermissionsRequest) -> None:
        if not (request.resource and request.role):
            raise WrongUseError(
                "--check needs a resource and a role.",
                "",
                "Write `invoke permissions --check sqs:SendMessage --resource ARN --role NAME`.",
            )
        if ":" not in request.check:
            raise WrongUseError(
                f"{request.check!r} is no action.", "", "Write it with its service, such as s3:GetObject."
            )
        (arn,) = self._chosen(request.role)
        (result,) = self._roles.simulate(arn, [request.check], [request.resource])
        check: Document = {
            "role": arn,
            "action": request.check,
            "resource": request.resource,
            "decision": result.decision,
            "policies": list(result.policies),
            "missing_context": list(result.missing_context),
        }
        self.console.present(_document(check=check), lambda: self._say_decision(check, result))

    def _say_decision(self, check: Document, result: Simulated) -> None:
        asked, policies = f"{check['action']} on {check['resource']}", ", ".join(result.policies)
        if result.is_allowed:
            self.console.done(f"allowed: {asked}, by {policies}")
        elif result.limit:
            self.console.warn(f"denied: {asked}: {result.limit} does not allow it.")
        elif result.decision == Decision.EXPLICIT_DENY:
            self.console.warn(f"denied: {asked}. A statement that denies wins: {policies}.")
        else:
            self.console.warn(f"denied: {asked}. No statement of the role's policies allows it.")
        if result.missing_context:
            keys = ", ".join(result.missing_context)
            self.console.say(f"Statements ask for condition keys that were not given: {keys}.")

    def _write_deployer_policies(self) -> None:
        if self._record is None or self._mode == IamMode.OFF:
            raise WrongUseError(
                "What the deployer needs is not recorded.",
                "Only a local cloud that asks IAM records it.",
                "Run `invoke up --iam enforce`, what else you need, and this command again.",
            )
        policies = deployer_policies(of_deployer(self._decisions(None)), self.deployed.outputs.name_prefix)
        document = _document(is_recorded=True, mode=self._mode, deployer=policies)
        written = policies[0] if len(policies) == 1 else policies
        self.console.present(document, lambda: self.console.give(json.dumps(written, indent=2)))
        if len(policies) > 1:
            self.console.warn(
                f"These are {len(policies)} managed policies: one may have 6,144 characters, IAM says."
            )

    def _decisions(self, execution: str | None) -> list[Decided]:
        decisions = read_decisions(self._record) if self._record else []
        if execution is None:
            return decisions
        deployed = self.deployed
        arn, connection = deployed.find(execution), deployed.connection
        is_pipeline = deployed.kind_of(arn) is Kind.PIPELINE
        found: AnyExecution = (connection.pipelines if is_pipeline else connection.state_machines).describe(
            arn
        )
        if found.started is None:
            return []
        period = Period(found.started, found.ended)
        return [decided for decided in decisions if period.overlaps(decided)]

    def _use(self, arn: str, decisions: Sequence[Decided]) -> RoleUse:
        grants = read_grants(self._roles.policies(arn.rpartition("/")[2]))
        own = [decided for decided in decisions if decided.principal == arn]
        return RoleUse(arn, grants, unused(grants, own) if self._record else (), own)

    def _others(self, decisions: Sequence[Decided]) -> list[Decided]:
        """List what services, users and roles of other makers were denied."""
        ours = set(self._role_arns)
        return [decided for decided in decisions if decided.is_denied and decided.principal not in ours]

    def _chosen(self, role: str | None) -> Sequence[str]:
        arns = self._role_arns
        if role is None:
            return arns
        prefix = self.deployed.outputs.name_prefix
        wanted = {role, f"{prefix}-{role}"}
        found = [arn for arn in arns if arn in wanted or arn.rpartition("/")[2] in wanted]
        if not found:
            names = ", ".join(arn.rpartition("/")[2] for arn in arns)
            raise WrongUseError(f"There is no role {role!r} in this deployment.", f"There are {names}.")
        return found[:1]

    @cached_property
    def _role_arns(self) -> Sequence[str]:
        arns = sorted(found.arn for found in self.workspace.resources() if found.type == "aws_iam_role")
        if not arns:
            raise NotDeployedError(
                "There are no roles.",
                "Nothing is deployed.",
                f"Run `invoke up{self.workspace.target_flag}`.",
            )
        return arns

    @cached_property
    def _roles(self) -> Roles:
        from driver.aws.permissions import Roles  # noqa: PLC0415 - it brings boto3

        deployment = self.deployed.deployment
        return Roles(self.context.clients(deployment.region, deployment.endpoint_url).iam())

    @cached_property
    def _record(self) -> Mapping[str, object] | None:
        """What the local cloud recorded; None on AWS."""
        return self.context.permissions_record(self.deployed.deployment)

    @property
    def _mode(self) -> str | None:
        return None if self._record is None else str(self._record["mode"])


def _document(**told: object) -> Document:
    """Make a document; what is not told is empty."""
    lists: Document = {"roles": [], "others_denied": [], "cures": []}
    return {
        "version": 1,
        "is_recorded": False,
        "mode": None,
        **lists,
        "check": None,
        "deployer": None,
        **told,
    }


def of_deployer(decisions: Sequence[Decided]) -> list[Decided]:
    """List the decisions that allowed something to the user who deploys."""
    return [
        decided
        for decided in decisions
        if decided.principal.endswith((_ROOT, _DEPLOYER)) and not decided.is_denied
    ]


def _check_flags(request: PermissionsRequest) -> None:
    """Refuse flags that would be ignored."""
    if request.resource and not request.check:
        raise WrongUseError(
            "--resource is the ARN that --check is about.", "There is no --check.", "Add --check ACTION."
        )
    chosen = {
        "--check": bool(request.check),
        "--deployer": request.deployer,
        "--execution": request.execution is not None,
        "--role": request.deployer and request.role is not None,
    }
    given = [flag for flag, is_given in chosen.items() if is_given]
    if len(given) > 1:
        raise WrongUseError(f"{' and '.join(given)} do not go together.", "", "Give one of them.")


def _by_statement(grants: Sequence[Grant]) -> list[list[Grant]]:
    groups = itertools.groupby(grants, lambda grant: (grant.policy, grant.index))
    return [list(group) for _, group in groups]
