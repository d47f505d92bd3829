"""Who may use the local cloud, in words."""

from __future__ import annotations

import json

from driver.model.values import Access


def describe_access(access: Access) -> list[str]:
    """Say what it means that a local cloud is open, or lets web pages in; nothing of one that is as usual."""
    said = []
    if access.is_open:
        said.append(
            "The local cloud is open: any program and any user of this machine may use it without a key, and "
            "with it run code as you."
        )
    if access.allowed_origins:
        said.append(f"Web pages of {', '.join(access.allowed_origins)} may send requests to the local cloud.")
    return said


def as_settings(access: Access) -> str:
    """Write who may use a local cloud as the settings are written in sagestep.toml."""
    return f"open = {json.dumps(access.is_open)}, allow_origin = {json.dumps(access.allowed_origins)}"
