"""Where a request comes from: the address it was sent to, and whether a browser made it for a page; pure.

A page of any site can make its visitor's browser send requests to this machine. Browsers say so: ``Origin``
(Fetch standard, "Origin header"), ``Sec-Fetch-Site`` (W3C "Fetch Metadata Request Headers") and ``Referer``.
No page can forge them. The ``Host`` tells the name that the browser was told to ask: a page whose own name is
made to mean 127.0.0.1 ("DNS rebinding") shows there.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Headers = Mapping[str, Sequence[str]]
"""The headers of a request, by their names in lower case."""

# ``*.localhost`` is this machine by RFC 6761, section 6.3, and can be nobody's site. SDKs put the bucket, the
# account or the API in front of the endpoint's name: ``bucket.s3.localhost:4566``.
_BELOW = (".localhost", ".localhost.localstack.cloud", ".127.0.0.1")
_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", "localhost.localstack.cloud"})

# What botocore's service models put in front of the endpoint without a dot ("hostPrefix" of
# StartSyncExecution, TestState, GetLogObject, StartLiveTail).
_PREFIXES = ("sync-", "streaming-")

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.ASCII)

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a cloud and the pages that may use it.

    - `names`: names of its own besides those of every local cloud.
    - `origins`: the origins whose pages are served, as ``--allow-origin`` gives them.
    """

    ports: frozenset[int]
    names: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def problem(self, headers: Headers) -> str | None:
        """Say why a request is not served, None where nothing speaks against it."""
        return self._host_problem(headers.get("host", ())) or self._page_problem(headers)

    def is_own(self, host: str) -> bool:
        """Tell whether a ``Host`` is one of the cloud's own addresses."""
        match = _HOST.fullmatch(host.lower())
        if match is None or int(match["port"] or 80) not in self.ports:
            return False
        name = match["name"]
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        return (
            name in _NAMES
            or name in self.names
            or name.endswith(_BELOW)
            or any(name.endswith(f".{own}") for own in self.names)
        )

    def is_plain(self, host: str) -> bool:
        """Tell whether a ``Host`` names the machine alone, with nothing in front that means something."""
        match = _HOST.fullmatch(host.lower())
        return (
            match is not None
            and int(match["port"] or 80) in self.ports
            and (match["name"] in _NAMES or match["name"] in self.names)
        )

    def _host_problem(self, hosts: Sequence[str]) -> str | None:
        if len(hosts) == 1 and self.is_own(hosts[0]):
            return None
        found = f"the Host {shown(hosts[0])}" if len(hosts) == 1 else f"{len(hosts)} Host headers"
        port = min(self.ports)
        return (
            f"Refused: the request has {found}, which is not an address of this local cloud. Any other name "
            f"may belong to a web page. Use http://127.0.0.1:{port}."
        )

    def _page_problem(self, headers: Headers) -> str | None:
        if origins := headers.get("origin"):
            if all(origin.lower() in self.origins for origin in origins):
                return None
            return _page_refusal("Origin", origins[0], origins[0])
        sites, referers = headers.get("sec-fetch-site", ()), headers.get("referer", ())
        sources = [origin_of(referer) for referer in referers]
        if sources and all(source in self.origins for source in sources):
            return None
        for site in sites:
            if site.lower() != "none":
                return _page_refusal("Sec-Fetch-Site", site, sources[0] if sources else None)
        for referer, source in zip(referers, sources, strict=True):
            if source not in self.origins and not self._is_own_origin(source):
                return _page_refusal("Referer", referer, source)
        return None

    def _is_own_origin(self, origin: str | None) -> bool:
        return origin is not None and origin.startswith("http://") and self.is_own(origin[len("http://") :])


def is_preflight(method: str, headers: Headers) -> bool:
    """Tell whether a browser asks what a page may do (Fetch standard, "CORS-preflight request")."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers


def checked_origin(text: str) -> str:
    """Read an origin as ``--allow-origin`` has it.

    Raises `ValueError` if it is none; the message says what one looks like.
    """
    origin = text.strip().lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(
            f"{text!r} is no origin; one looks like http://localhost:3000 or https://app.example"
        )
    return origin


def origin_of(url: str) -> str | None:
    """Give the origin of an address, None where it has none."""
    try:
        parts = urlsplit(url.lower())
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname:
        return None
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown_port = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{name}{shown_port}"


def shown(text: str) -> str:
    """Make text of a request printable: short, and ASCII only."""
    cut = text[:80]
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in cut)


def names(hosts: Iterable[str]) -> frozenset[str]:
    """Read names of hosts, without their ports."""
    found = (_HOST.fullmatch(host.strip().lower()) for host in hosts)
    return frozenset(match["name"] for match in found if match)


def _page_refusal(header: str, value: str, origin: str | None) -> str:
    allow = f" --allow-origin {shown(origin)}" if origin and _ORIGIN.fullmatch(origin.lower()) else ""
    cure = (
        f"Start it with{allow} if you trust that page."
        if allow
        else "Open it without a page, or start the cloud with --allow-origin for a page that you trust."
    )
    return (
        f"Refused: a browser sent this request for a web page ({header}: {shown(value)}), "
        f"and this local cloud serves no web page. {cure}"
    )
