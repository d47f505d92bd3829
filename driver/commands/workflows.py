"""`invoke workflows`: which workflows there are, and their inputs."""

from __future__ import annotations

import json
import shlex

from driver.commands.context import Command
from driver.executions.workflow.schema import Field, WorkflowSchema, read_schema, workflow_names
from driver.model.documents import Document
from driver.model.exceptions import WrongUseError

_LONGEST = 60  # characters of a default, where all workflows are shown


class Workflows(Command):
    """Shows the workflows."""

    def __call__(self, workflow: str | None) -> None:
        """Show all in short, or one in full; nothing is asked of any service."""
        outputs, folder = self.workspace.all_outputs(), self.context.resources / "workflows"
        deployed = outputs.get("workflows")
        known = deployed if isinstance(deployed, dict) else {}
        if not known:
            self.console.warn(f"No workflow is deployed. Run `invoke up{self.workspace.target_flag}`.")
        names = [name for name in workflow_names(folder) if name in known or not known]
        chosen = workflow.replace("-", "_") if workflow else None
        if chosen is not None and chosen not in names:
            raise WrongUseError(f"There is no workflow {workflow!r}.", f"There are {', '.join(names)}.")
        schemas = [read_schema(folder, name, outputs) for name in names if chosen in {None, name}]
        document: Document = {
            "version": 1,
            "is_deployed": bool(known),
            "workflows": [self._document(schema) for schema in schemas],
        }
        show = self._show_in_short if chosen is None else self._show_in_full

        def show_each() -> None:
            for schema in schemas:
                show(schema)

        self.console.present(document, show_each)

    def _document(self, schema: WorkflowSchema) -> Document:
        return {
            "name": schema.name,
            "title": schema.title,
            "description": schema.description,
            "inputs": [
                {
                    "name": field.name,
                    "type": field.type,
                    "is_required": field.is_required,
                    "default": field.default,
                    "description": field.description,
                    "example": field.example,
                }
                for field in schema.fields
            ],
            "command": f"{_example(schema)}{self.workspace.target_flag}",
        }

    def _show_in_short(self, schema: WorkflowSchema) -> None:
        self.console.say(f"{schema.name}: {schema.title}", "bold")
        width = max((len(field.name) for field in schema.fields), default=0)
        for field in schema.fields:
            default = "required" if field.is_required else f"= {_cut(_written(field.default))}"
            text = f"  {field.name:<{width}}  {field.type:<7}  {default}  {field.description}"
            self.console.line(text)

    def _show_in_full(self, schema: WorkflowSchema) -> None:
        self.console.say(f"{schema.name}: {schema.title}", "bold")
        self.console.say(schema.description)
        for field in schema.fields:
            self.console.say(
                f"\n{field.name} ({field.type}{', required' if field.is_required else ''})", "bold"
            )
            self.console.say(f"  {field.description}")
            if not field.is_required:
                self.console.say(f"  default: {_written(field.default)}")
            if field.example is not None:
                self.console.say(f"  example: {_written(field.example)}")
        self.console.say("\nFor example:", "bold")
        self.console.say(f"  {_example(schema)}{self.workspace.target_flag}")


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _example(schema: WorkflowSchema) -> str:
    """Write a command line that starts a workflow: with what is required, and one thing that is not."""
    required = [field for field in schema.fields if field.is_required]
    free = [field for field in schema.fields if not field.is_required and field.example is not None]
    chosen = [*required, *free[:1]]
    settings = [word for field in chosen for word in ("--set", f"{field.name}={_example_value(field)}")]
    return shlex.join(["invoke", "run", "--workflow", schema.name, *settings])


def _example_value(field: Field) -> str:
    return _written(field.example if field.example is not None else f"<{field.name}>")
