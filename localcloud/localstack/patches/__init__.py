"""What we mend in LocalStack, each defect by name, in the pinned version and no other.

A patch belongs here only where neither a setting nor an extension point helps, and only with a test of the
behaviour it brings. One module mends one thing: what queues do (`queues`), where objects lie (`objects`),
the events of functions and the list of layers (`functions`), targets of event rules
(`event_targets`), keys of KMS (`encryption_keys`), requests that
do not fit their service's model (`requests`),
sizes (`sizes`), services that moto answers for (`moto_services`), how
definitions of state machines are read (`definitions`), how executions of state machines end (`endings`),
the tokens that their tasks wait for (`task_tokens`) and what is said to who answers them (`token_answers`),
tasks that wait for the end of what they have started (`sync_tasks`) and those of SageMaker
(`sagemaker_tasks`), how often a state is tried again (`retries`), what others hear of executions
(`status_events`), what they cost (`costs`).
"""

import logging

from localstack.runtime import hooks
from localstack.services.plugins import SERVICE_PLUGINS
from plux import PluginLifecycleListener, PluginSpec

from localcloud.localstack.patches import (
    encryption_keys,
    event_targets,
    functions,
    moto_services,
    objects,
    queues,
    requests,
    sizes,
)
from localcloud.localstack.pin import LOCALSTACK_VERSION, installed_version

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
    queues.apply()
    functions.apply()
    objects.apply()
    encryption_keys.apply()
    event_targets.apply()
    moto_services.apply()
    requests.apply()
    sizes.apply()
    SERVICE_PLUGINS.plugin_manager.add_listener(BeforeStepFunctions())


class BeforeStepFunctions(PluginLifecycleListener):
    """Patches Step Functions when it is about to be loaded: to import it takes more than a second."""

    def on_load_before(self, plugin_spec: PluginSpec, *_: object) -> None:
        """Apply the patches of this service."""
        if plugin_spec.name.startswith("stepfunctions:"):
            from localcloud.localstack.patches import (  # noqa: PLC0415
                costs,
                definitions,
                endings,
                retries,
                sagemaker_tasks,
                status_events,
                sync_tasks,
                task_tokens,
                token_answers,
            )

            definitions.apply()
            endings.apply()
            task_tokens.apply()
            token_answers.apply()
            sync_tasks.apply()
            sagemaker_tasks.apply()
            retries.apply()
            status_events.apply()
            costs.apply()
