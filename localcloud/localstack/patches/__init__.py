"""What we mend in LocalStack, each defect by name, in the pinned version and no other.

A patch belongs here only where neither a setting nor an extension point helps, and only with a test of the
behaviour it brings. One module mends one thing, and its docstring says which.
"""

import logging
import os

from localstack.runtime import hooks
from localstack.services.plugins import SERVICE_PLUGINS, ServicePluginAdapter
from plux import PluginLifecycleListener, PluginSpec

from localcloud.localstack.patches import (
    encryption_keys,
    event_targets,
    functions,
    loops,
    moto_services,
    objects,
    queues,
    regions,
    requests,
    routes,
    schedulers,
    sessions,
    sizes,
    threads,
)
from localcloud.localstack.pin import LOCALSTACK_VERSION, installed_version
from localcloud.localstack.settings import INSTANCE_VARIABLE
from localcloud.localstack.shell import cloudwatch, scheduler

LOG = logging.getLogger(__name__)


@hooks.on_infra_start(priority=50)  # before any service is loaded
def apply() -> None:
    """Apply all patches, or none where LocalStack is another version than they were written for."""
    installed = installed_version()
    if installed != LOCALSTACK_VERSION:
        LOG.warning(
            "LocalStack is %s; without our patches, written for %s, queues react within seconds only, and "
            "a state machine that waits for its task cannot be stopped",
            installed,
            LOCALSTACK_VERSION,
        )
        return
    threads.apply()
    schedulers.apply()
    sessions.apply()
    queues.apply()
    regions.apply()
    loops.apply()
    functions.apply()
    objects.apply()
    encryption_keys.apply()
    event_targets.apply()
    moto_services.apply()
    requests.apply()
    routes.apply()
    sizes.apply()
    SERVICE_PLUGINS.plugin_manager.add_listener(BeforeServices())


class BeforeServices(PluginLifecycleListener):
    """Patches a service when it is about to be loaded: importing Step Functions takes more than a second."""

    def on_load_before(self, plugin_spec: PluginSpec, plugin: ServicePluginAdapter, *_: object) -> None:
        """Apply the patches of this service."""
        if plugin_spec.name.startswith("cloudwatch:") and INSTANCE_VARIABLE in os.environ:
            plugin._create_service = cloudwatch
        elif plugin_spec.name.startswith("scheduler:") and INSTANCE_VARIABLE in os.environ:
            plugin._create_service = scheduler
        elif plugin_spec.name.startswith("lambda:"):
            from localcloud.localstack.patches import (  # noqa: PLC0415
                event_sources,
                function_roles,
                packages,
                payloads,
            )

            event_sources.apply()
            function_roles.apply()
            packages.apply()
            payloads.apply()
        elif plugin_spec.name.startswith("iam:"):
            from localcloud.localstack.patches import simulations  # noqa: PLC0415

            simulations.apply()
        elif plugin_spec.name.startswith("logs:"):
            from localcloud.localstack.patches import log_events  # noqa: PLC0415

            log_events.apply()
        elif plugin_spec.name.startswith("stepfunctions:"):
            from localcloud.localstack.patches import (  # noqa: PLC0415
                child_executions,
                costs,
                definitions,
                denied_maps,
                denied_tasks,
                endings,
                execution_roles,
                execution_threads,
                expressions,
                histories,
                item_readers,
                language,
                map_runs,
                maps,
                progress,
                redrives,
                result_writers,
                retention,
                retries,
                sagemaker_tasks,
                state_machine_roles,
                state_machines,
                status_events,
                sync_tasks,
                task_tokens,
                token_answers,
            )

            definitions.apply()
            denied_tasks.apply()
            endings.apply()
            execution_roles.apply()
            execution_threads.apply()
            expressions.apply()
            item_readers.apply()
            language.apply()
            progress.apply()
            map_runs.apply()
            maps.apply()
            result_writers.apply()
            denied_maps.apply()
            task_tokens.apply()
            token_answers.apply()
            sync_tasks.apply()
            sagemaker_tasks.apply()
            state_machines.apply()
            state_machine_roles.apply()
            retries.apply()
            redrives.apply()
            child_executions.apply()
            histories.apply()
            retention.apply()
            status_events.apply()
            costs.apply()
