"""Who may use the local cloud, in words."""

from __future__ import annotations

from driver.models import Access


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


def in_words(access: Access) -> str:
    """Say in a few words who may use a local cloud."""
    pages = f"web pages of {', '.join(access.allowed_origins)}" if access.allowed_origins else "no web pages"
    return f"{'open' if access.is_open else 'not open'} and to {pages}"
