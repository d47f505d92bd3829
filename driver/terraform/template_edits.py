"""Changes of a definition's template that can be made in what Terraform rendered of it. Pure.

A template is JSON with `${…}` in it. What has none is literal: Terraform renders it as it stands, so that a
change of it is the same change of the rendered definition. Anything else is left to Terraform.
"""

from __future__ import annotations

import json
import re
from typing import Any

# What else of a definition the configuration reads, for the permissions of roles and for outputs:
# pipelines.tf, project.tf, steps.tf and outputs.tf of modules/sagemaker_pipeline, tasks.tf of
# modules/state_machine.
READ_MEMBERS = frozenset(
    {
        *(
            "FunctionArn",
            "FunctionName",
            "ModelPackageGroupName",
            "Mode",
            "Name",
            "Parameters",
            "PropertyFiles",
        ),
        *("Resource", "RoleArn", "StateMachineArn", "Steps", "TopicArn", "Type", "Version"),
    }
)
READ_WORDS = ("role_arn",)
_READ = re.compile(rf'"((?:Execution)?(?:{"|".join(sorted(READ_MEMBERS))}))":|({"|".join(READ_WORDS)})')
_VALUE = re.compile(r"([:,\[]\s*)(\$\{[^{}\"]*\})(?=\s*[,}\]])")  # one that stands for a whole JSON value


def edited(old: str, new: str, rendered: str) -> Any:
    """Return what Terraform would make of a `new` template; `rendered` is what it made of the old one.

    Raises `ValueError` where that is not certain, or where more than the definition depends on the change.
    """
    before, after, document = _parsed(old), _parsed(new), json.loads(rendered)
    if not _is_rendered(before, document):
        raise ValueError("what Terraform has made of the template is not what it says")
    return _edited("", before, after, document)


def _parsed(template: str) -> Any:
    if "%{" in template:
        raise ValueError("its template has a directive")
    try:
        return json.loads(template)
    except ValueError:
        # Not as a text that only consists of the variable: that is another value.
        return json.loads(_VALUE.sub(lambda found: found[1] + json.dumps(f"\0{found[2]}"), template))


def _is_rendered(template: Any, rendered: Any) -> bool:
    """Tell whether what was made of a template has all that is literal in it; it may have more members."""
    if isinstance(template, str) and "${" in template:
        return True
    if isinstance(template, dict) and isinstance(rendered, dict):
        return all(name in rendered and _is_rendered(part, rendered[name]) for name, part in template.items())
    if isinstance(template, list) and isinstance(rendered, list):
        return len(template) == len(rendered) and all(map(_is_rendered, template, rendered))
    return bool(template == rendered) and type(template) is type(rendered)


def _edited(name: str, old: Any, new: Any, rendered: Any) -> Any:
    """Make the changes of one member; `name` is its name, or that of the list that it is in."""
    if json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True):  # to Python, 1 is equal to true
        return rendered
    if isinstance(old, dict) and isinstance(new, dict):
        for member in old.keys() ^ new.keys():
            _check(member, old.get(member, new.get(member)))
        stays = {member: part for member, part in rendered.items() if member not in old}
        return stays | {
            member: _edited(member, old[member], part, rendered[member]) if member in old else part
            for member, part in new.items()
        }
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_edited(name, *parts) for parts in zip(old, new, rendered, strict=True)]
    _check(name, old)
    _check(name, new)
    return new


def _check(name: str, part: Any) -> None:
    text = json.dumps({name: part}, separators=(",", ":"))
    if "${" in text:
        raise ValueError(f"{name} has a variable of Terraform's")
    if found := _READ.search(text):
        raise ValueError(f"more than the definition depends on {found[1] or found[2]}")
