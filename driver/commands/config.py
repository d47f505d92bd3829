"""`invoke config`: each setting, its value, and where it comes from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from driver.commands.context import Command
from driver.model.choices import DEFAULT_IAM
from driver.model.documents import Document
from driver.settings.options import BY_NAME, DEFAULT_REGION
from driver.settings.settings import CONFIG_VARIABLE, DEFAULT_PORT

_DEFAULT = "default"
# What an option without a default comes to where nothing is deployed yet.
_IN_THE_END = {
    "region": DEFAULT_REGION,
    "port": DEFAULT_PORT,
    "open": False,
    "allow_origin": (),
    "iam": DEFAULT_IAM.value,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting as it counts."""

    name: str
    value: object
    source: str
    about: str

    def document(self) -> Document:
        """Put it into a document."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"name": self.name, "value": value, "source": self.source, "about": self.about}


class ShowConfiguration(Command):
    """Shows the settings; those that are not given follow from what is deployed. No service is asked."""

    def __call__(self) -> None:
        """Show them."""
        settings = self._collect()
        self.console.present(self._document(settings), lambda: self._show(settings))

    def _collect(self) -> list[Setting]:
        return [self._setting(name) for name in self.settings.given if not BY_NAME[name].is_retired]

    def _setting(self, name: str) -> Setting:
        given = self.settings.given[name]
        value, source = given.value, given.source
        if name in {"home", "cloud_python", "provider_mirror", "deployer_policy"}:
            path = getattr(self.settings, name)
            value = None if path is None else str(path)  # as it is meant: from the file, or from here
        elif value is None or source == _DEFAULT:
            value, source = self._by_default(name, value)
        return Setting(name, value if value != "" else None, source, BY_NAME[name].about)

    def _by_default(self, name: str, value: object) -> tuple[object, str]:
        """Return what counts where nobody gave a value, and why."""
        settings, deployment = self.settings, self.workspace.deployment()
        if name == "name_prefix":
            return settings.name_prefix, _DEFAULT
        if name == "region" and deployment:
            return deployment.region, "deployment"
        if name == "port" and settings.environment:
            return None, "the next free one"
        return _IN_THE_END.get(name, value), _DEFAULT

    def _document(self, settings: list[Setting]) -> Document:
        path = self.settings.config_path
        return {
            "version": 1,
            "file": str(path) if path else None,
            "settings": [setting.document() for setting in settings],
            "backend": dict(self.settings.state_backend.record()) if self.settings.state_backend else None,
            # TOML has times, which JSON has not.
            "terraform": json.loads(json.dumps(dict(self.settings.terraform), default=str)),
        }

    def _show(self, settings: list[Setting]) -> None:
        path, folder = self.settings.config_path, self.settings.project.folder
        nowhere = f"none ({folder / 'sagestep.toml'}, or the file that {CONFIG_VARIABLE} names)"
        self.console.say(f"file: {path or nowhere}\n")
        values = {setting.name: _written(setting.value) for setting in settings}
        widths = max(map(len, values)), max(map(len, values.values()))
        for setting in settings:
            name, value = f"{setting.name:<{widths[0]}}", f"{values[setting.name]:<{widths[1]}}"
            self.console.say(
                f"{name}  {value}  {setting.source}", "" if setting.source != _DEFAULT else "dim"
            )
        if self.settings.backend:
            place = self.settings.state_backend
            where = f"at {place.url}" if place else "on this machine: [backend] is for target aws"
            self.console.say(f"\nTerraform's state: {where}")
        if self.settings.terraform:
            self.console.say("\nTerraform's variables:")
            for variable, content in sorted(self.settings.terraform.items()):
                self.console.say(f"  {variable} = {json.dumps(content, default=str)}")


def _written(value: object) -> str:
    """Write a value as it is written in the file or on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    text = ", ".join(value) if isinstance(value, tuple) else value
    return "-" if text in {None, ""} else str(text)
