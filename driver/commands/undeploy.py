"""`invoke undeploy`: an endpoint deleted, with what it was made of."""

from __future__ import annotations

from driver.commands.context import Command
from driver.executions.endpoints import Hosted, choose_endpoint, delete_hosted


class Undeploy(Command):
    """Takes a model out of service."""

    def __call__(self, endpoint: str | None, *, assume_yes: bool) -> None:
        """Show an endpoint and what it was made of, ask, delete all of it."""
        chosen = choose_endpoint(self.deployed, endpoint)
        hosting, config = self.deployed.connection.hosting, chosen.config_name
        found = Hosted(
            (chosen.name,), (config,) if config else (), tuple(hosting.models_of(config)) if config else ()
        )
        self.console.say("To be deleted:")
        for line in found.lines():
            self.console.say(line)
        if not assume_yes:
            self.console.confirm("Delete all this?")
        delete_hosted(self.deployed, found, self.console)
