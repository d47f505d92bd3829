"""What a deployment gives: Terraform's outputs, and the notebook instances of its account."""

from __future__ import annotations

from pathlib import Path

from driver.commands.context import Command
from driver.executions.outcomes import value_lines
from driver.model.documents import Document, moment
from driver.model.values import Notebook

_NOTEBOOKS = 5
_ADD_NOTEBOOK = "https://docs.aws.amazon.com/sagemaker/latest/dg/howitworks-create-ws.html"


class ShowOutputs(Command):
    """Shows the outputs of Terraform and the downloaded results."""

    def __call__(self) -> None:
        """Show them; nothing is asked of any service."""
        outputs, runs = self.workspace.all_outputs(), self.workspace.runs()
        document: Document = {
            "version": 1,
            "target": self.workspace.directory.name,
            "outputs": outputs,
            "results": [str(path) for path in runs],
        }
        if not outputs:
            self.console.warn(f"Nothing is deployed. Run `invoke up{self.workspace.target_flag}`.")
        kept = self.workspace.kept()
        if kept:
            self.console.warn(
                f"These are from the last `invoke up`; since then `invoke down` kept only {', '.join(kept)}."
            )
        self.console.present(document, lambda: self._show(outputs, runs))

    def _show(self, outputs: dict[str, object], runs: list[Path]) -> None:
        for line in value_lines(dict(sorted(outputs.items(), key=lambda item: isinstance(item[1], dict)))):
            self.console.say(line)
        if runs:
            self.console.say("\nResults, the newest first:")
            for path in runs:
                self.console.say(f"  {path}")


class Hello(Command):
    """Says hello to SageMaker."""

    def __call__(self) -> None:
        """List up to five of the account's notebook instances."""
        notebooks = self.context.connect(*self.target.address()).pipelines.notebooks(_NOTEBOOKS)
        document: Document = {
            "version": 1,
            "notebooks": [
                {
                    "name": notebook.name,
                    "arn": notebook.arn,
                    "status": notebook.status,
                    "created": moment(notebook.created),
                }
                for notebook in notebooks
            ],
        }
        self.console.present(document, lambda: self._show(notebooks))

    def _show(self, notebooks: list[Notebook]) -> None:
        self.console.say("Hello Amazon SageMaker! Let's list some of your notebook instances:")
        for notebook in notebooks:
            self.console.say(f"    Instance: {notebook.name} ({notebook.status})")
            self.console.say(f"    Arn: {notebook.arn}")
            self.console.say(f"    Creation Date: {notebook.created:%Y-%m-%d}")
        if not notebooks:
            self.console.say("    There are no notebook instances.")
            self.console.say(f"    How to add one: {_ADD_NOTEBOOK}")
