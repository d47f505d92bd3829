"""`invoke pause`: stop the local cloud and keep all that it holds."""

from __future__ import annotations

from driver.commands.context import Command
from driver.deployments.saved_state import CURE, STOPPED_CURE
from driver.host.wording import describe_bytes
from driver.model.choices import TargetName
from driver.model.exceptions import LocalCloudError, WrongUseError


class Pause(Command):
    """Stops the local cloud; the next task that needs it starts it with what it held."""

    def __call__(self) -> None:
        """Stop it, unless it is stopped."""
        if self.settings.target is not TargetName.LOCAL:
            raise WrongUseError(
                "Only the local cloud can be paused.",
                f"The target is {self.settings.target}.",
                "Leave out `--target`, or use `--target local`.",
            )
        with self.workspace.lock("invoke pause"):
            cloud = self.context.local_cloud
            if cloud.find_process() is not None:
                if why := cloud.why_not_saved():
                    raise LocalCloudError("The local cloud is not stopped.", why, CURE)
                with self.console.working("Stopping the local cloud"):
                    unsaved = cloud.pause()
                if unsaved:
                    raise LocalCloudError(
                        "The local cloud is stopped; not all is saved.", unsaved, STOPPED_CURE
                    )
            if not cloud.is_paused:
                self.console.done("the local cloud does not run, and nothing is saved")
                return
            size = describe_bytes(cloud.saved_bytes())
            self.console.done(f"the local cloud is stopped; all that it holds is saved: {size}")
            self.console.say("  any task that needs it starts it again; `invoke down` deletes it")
