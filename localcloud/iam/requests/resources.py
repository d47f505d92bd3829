"""Which resources a request names: their ARNs, by the types of AWS's reference.

A member that holds an ARN of a type is taken as it is; else the template of the type is filled with the
members of the same names (``${TrainingJobName}``). What AWS names otherwise is written out for each service.
Sources beside the reference: "Using identity-based policies" of each service's developer guide.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from localcloud.iam.requests.call import Call, texts_of
from localcloud.iam.requests.services import NAMED

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_PLACE = frozenset({"Partition", "Region", "Account"})
_WITH_SLASHES = ("WithPath", "ModelPackageName", "RepositoryName", "ObjectName", "LogGroupName")
_OTHER_NAMES = {
    "AutoMLJobJobName": ("AutoMLJobName",),
    "MlflowTrackingServerName": ("TrackingServerName",),
    "InferenceExperimentName": ("Name",),
    **{
        f"{kind}JobDefinitionName": ("JobDefinitionName",)
        for kind in ("DataQuality", "ModelBias", "ModelExplainability", "ModelQuality")
    },
}


def arns_of(call: Call, types: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """Give the ARNs that a request names, of each of some types with their templates; none of some types."""
    named = NAMED[call.prefix](call) if call.prefix in NAMED else {}
    arns = {}
    for kind, template in types.items():
        found = named.get(kind) or _given(call, template) or _filled(call, template)
        if found:
            arns[kind] = list(dict.fromkeys(found))
    return arns


def any_arn(call: Call, template: str) -> str:
    """Write the ARN of a resource whose name nobody knows yet: an asterisk stands for it."""
    place = {"Partition": call.partition, "Region": call.region, "Account": call.account}
    return _VARIABLE.sub(lambda match: place.get(match[1], "*"), template)


def _given(call: Call, template: str) -> list[str]:
    if template == "*":
        return []
    fits = _expression(template).fullmatch
    values = (text for value in call.members.values() for text in texts_of(value))
    return [text for text in values if text.startswith("arn:") and fits(text)]


def _filled(call: Call, template: str) -> list[str]:
    names = [name for name in _VARIABLE.findall(template) if name not in _PLACE]
    filled = [template]
    for name in names:
        values = _values(call, name)
        if not values:
            return []
        filled = [text.replace(f"${{{name}}}", value) for text in filled for value in values]
    return [any_arn(call, text) for text in filled] if names else []


def _values(call: Call, variable: str) -> list[str]:
    for name in (variable, variable[:1].lower() + variable[1:], *_OTHER_NAMES.get(variable, ())):
        if found := [text for text in texts_of(call.members.get(name)) if not text.startswith("arn:")]:
            return found
    return []


@cache
def _expression(template: str) -> re.Pattern[str]:
    """Compile a template; only what names are allowed to hold stands for a variable."""
    written, at = "", 0
    for match in _VARIABLE.finditer(template):
        written += re.escape(template[at : match.start()])
        name, at = match[1], match.end()
        written += "[^:]*" if name in _PLACE else ".+" if name.endswith(_WITH_SLASHES) else "[^/:]+"
    return re.compile(written + re.escape(template[at:]))
