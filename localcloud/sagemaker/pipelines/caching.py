"""CacheConfig of a step: whether an earlier run of it may stand for a new one, and how old it may be.

Facts are those of the developer guide ("Caching Pipeline Steps", "Turn on step caching"): off by default,
a timeout must be given, within one pipeline, successful runs alone, the latest of them. The timeout is an
ISO 8601 duration, with or without its ``P``: ``30d``, ``PT1H``, ``30dT5h``.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import timedelta

from localcloud.sagemaker.pipelines.reading import DefinitionError, only_members, take_object
from localcloud.sagemaker.pipelines.service import Service
from localcloud.sagemaker.pipelines.steps import Succeeded

_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?",
    re.IGNORECASE,
)
_DAYS = {"years": 365, "months": 30, "weeks": 7, "days": 1}  # as long as these are on average, or nearly
_LONGEST = 36_500  # days: more than any cache lives


def parse_cache_config(document: object, where: str) -> timedelta | None:
    """Read the CacheConfig of a step: how old a run may be; None where caching is off.

    Raises `DefinitionError` where a member is unknown or malformed, or caching is on without a timeout.
    """
    where = f"{where}, CacheConfig"
    members = only_members(take_object(document, where), {"Enabled", "ExpireAfter"})
    enabled, text = members.get("Enabled", False), members.get("ExpireAfter")
    if not isinstance(enabled, bool):
        raise DefinitionError(f"{where}: Enabled must be a Boolean")
    if text is None and not enabled:
        return None
    if text is None:
        raise DefinitionError(f"{where}: caching needs a timeout, ExpireAfter")
    expiry = _duration(text, where)
    return expiry if enabled else None


def cache_key(
    expiry: timedelta | None, request: Mapping[str, object], members: Collection[str]
) -> str | None:
    """Give what two runs must share to stand for each other: these members of the request."""
    if expiry is None:
        return None
    return json.dumps({name: request[name] for name in sorted(members) if name in request}, sort_keys=True)


def earlier_run(service: Service, step: str, key: str | None, expiry: timedelta | None) -> Succeeded | None:
    """Find a run of a step that may stand for a new one; None where there is none, or caching is off."""
    if key is None or expiry is None:
        return None
    earlier = service.find_run(step, key, expiry)
    if earlier is None:
        return None
    return Succeeded(earlier.properties, earlier.metadata, earlier.execution_arn)


def _duration(text: object, where: str) -> timedelta:
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    parts = {} if match is None else {name: int(part) for name, part in match.groupdict().items() if part}
    days = sum(count * _DAYS.get(name, 0) for name, count in parts.items())
    hours, minutes = parts.get("hours", 0), parts.get("minutes", 0)
    if not parts or max(days, hours / 24, minutes / 1440) > _LONGEST:
        raise DefinitionError(f"{where}: ExpireAfter '{text}' is not a duration such as P30D or PT1H")
    return timedelta(days=days, hours=hours, minutes=minutes)
