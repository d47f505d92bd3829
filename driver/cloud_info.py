"""The local cloud's answer to who it is."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

_PATH = "/_sagestep/info"
LOOK_SECONDS = 2.0


def fetch_cloud_info(endpoint_url: str, seconds: float = LOOK_SECONDS) -> Mapping[str, object] | None:
    """Ask an endpoint whether it is a local cloud of ours, and which.

    The connection is made directly: a proxy of the user's has no way to this machine's loopback.

    Parameters
    ----------
    endpoint_url
        Scheme, host and port.
    seconds
        How long to wait for the answer.

    Returns
    -------
    Mapping or None
        `instance`, `pid` and `version`; None if nothing or something else answers there in time.
    """
    address = urlsplit(endpoint_url)
    secure = address.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(address.hostname or "", address.port or (443 if secure else 80), timeout=seconds)
    try:
        connection.request("GET", _PATH)
        response = connection.getresponse()
        info = json.loads(response.read()) if response.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return info if isinstance(info, dict) else None
