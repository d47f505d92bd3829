"""What each service has to save, how it takes it back, and what it starts again then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack.services.plugins import SERVICE_PLUGINS, Service

from localcloud.localstack.gate.keys import ISSUED
from localcloud.localstack.log_store import Events, remove_unused
from localcloud.localstack.permissions.install import RECORD
from localcloud.localstack.providers import geospatial_of_this_process, sagemaker_of_this_process
from localcloud.localstack.schedules import scheduler_of_this_process
from localcloud.localstack.state import holders, objects, sagemaker, workflows
from localcloud.localstack.state.codec import Codec
from localcloud.metrics.api import METRICS

_SELDOM = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Holding:
    """What one service holds.

    - `content`: gives it, as it is now.
    - `fill`: lets the service hold what was saved.
    - `revive`: starts what worked when it was saved; once all services hold theirs.
    - `is_busy`: tells whether it may change without a request.
    - `every`: seconds between two times that it is saved because it is busy, at least.
    """

    content: Callable[[], object]
    fill: Callable[[Any], None]
    revive: Callable[[], None] = lambda: None
    is_busy: Callable[[], bool] = lambda: False
    every: float = 0.0


def holdings(names: list[str], codec: Codec) -> Mapping[str, Holding]:
    """Give what these services hold, which are loaded; `codec` learns to encode it."""
    holders.teach(codec)
    codec.revisions[Events] = lambda one: one.revision
    found = {name: _holding(name, codec) for name in names}
    issued = Holding(lambda: dict(vars(ISSUED)), lambda saved: vars(ISSUED).update(saved))
    own = {"sessions": issued, "permissions": _permissions()}
    return {name: holding for name, holding in found.items() if holding is not None} | own


def _permissions() -> Holding:
    """Give what IAM was asked and has decided: it changes with each request, so it is saved more seldom."""
    saved = [RECORD.revision]

    def content() -> object:
        saved[:] = [RECORD.revision]
        return RECORD.kept()

    return Holding(content, RECORD.restore, is_busy=lambda: saved != [RECORD.revision], every=_SELDOM)


def _holding(name: str, codec: Codec) -> Holding | None:
    if name in {"sagemaker-metrics", "sagemaker-runtime"}:  # SageMaker holds it
        return None
    if name == "sagemaker":
        service = sagemaker_of_this_process()
        sagemaker.teach(codec, service)
        return Holding(service.contents, service.fill, service.resume, service.is_busy)
    if name == "cloudwatch":
        return Holding(METRICS.contents, METRICS.fill, is_busy=METRICS.is_busy, every=_SELDOM)
    if name == "scheduler":
        schedules = scheduler_of_this_process()
        return Holding(schedules.contents, schedules.fill, schedules.resume, schedules.is_busy)
    if name == "sagemaker-geospatial":
        geospatial = geospatial_of_this_process()
        return Holding(geospatial.contents, geospatial.fill, geospatial.resume, geospatial.is_busy)
    service = SERVICE_PLUGINS.get_service(name)
    collect = holders.Collect()
    if name == "ecr":
        from moto.ecr.models import ecr_backends  # noqa: PLC0415 - loaded with the service

        collect.visit(ecr_backends)
    else:
        service.accept_state_visitor(collect)

    def fill(contents: Sequence[holders.Content]) -> None:
        for holder, content in zip(collect.found, contents, strict=True):
            holders.fill(holder, content)

    plain = Holding(lambda: [holders.content_of(one) for one in collect.found], fill)
    special = _SPECIAL.get(name)
    return special(plain, service, codec) if special else plain


def _s3(plain: Holding, service: Service, codec: Codec) -> Holding:
    store = service._provider._storage_backend
    objects.teach(codec, store)

    def fill(saved: tuple[Any, Mapping[str, Any]]) -> None:
        stores, files = saved
        plain.fill(stores)
        store._filesystem.clear()
        for bucket, content in files.items():
            store.create_bucket(bucket)
            store._filesystem[bucket] = content
        objects.remove_all_but(store)

    return Holding(
        lambda: (plain.content(), dict(store._filesystem)), fill, service._provider.on_after_state_load
    )


def _logs(plain: Holding, service: Service, codec: Codec) -> Holding:
    def fill(contents: Any) -> None:
        plain.fill(contents)
        remove_unused()

    return Holding(plain.content, fill)


def _stepfunctions(plain: Holding, service: Service, codec: Codec) -> Holding:
    workflows.teach(codec)

    def fill(saved: tuple[Any, dict[str, str]]) -> None:
        stores, tokens = saved
        workflows.tokens().update(tokens)
        plain.fill(stores)

    return Holding(
        lambda: (plain.content(), workflows.tokens()), fill, workflows.resume, workflows.are_running
    )


def _lambda(plain: Holding, service: Service, codec: Codec) -> Holding:
    def revive() -> None:
        service._provider.on_before_state_load()
        service._provider.on_after_state_load()

    return Holding(plain.content, plain.fill, revive)


def _events(plain: Holding, service: Service, codec: Codec) -> Holding:
    def revive() -> None:
        from localstack.services.events.event_bus import EventBusService  # noqa: PLC0415
        from localstack.services.events.models import events_stores  # noqa: PLC0415
        from localstack.services.events.rule import RuleService  # noqa: PLC0415

        provider = service._provider
        for account, region, store in list(events_stores.iter_stores()):
            for bus in store.event_buses.values():
                provider._event_bus_services_store[bus.arn] = EventBusService(bus)
                for rule in bus.rules.values():
                    ruling = provider._rule_services_store[rule.arn] = RuleService(rule)
                    for target in rule.targets.values():
                        provider.create_target_sender(target, rule.arn, rule.name, region, account)
                    if rule.schedule_expression:
                        job = provider._get_scheduled_rule_job_function(account, region, rule)
                        ruling.create_schedule_job(job)

    return Holding(plain.content, plain.fill, revive)


_SPECIAL: Mapping[str, Callable[[Holding, Service, Codec], Holding]] = {
    "s3": _s3,
    "logs": _logs,
    "stepfunctions": _stepfunctions,
    "lambda": _lambda,
    "events": _events,
}
