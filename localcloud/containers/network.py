"""The network of a container that has one of its own: its ports, its proxy, and the variables that name them.

On AWS, a container listens on port 8080 and reaches the internet. Here, nothing outside reaches it; it
reaches the local cloud at AWS_ENDPOINT_URL, and everything else through an HTTP proxy.
"""

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from localcloud.containers.cluster import LOOPBACK
from localcloud.containers.container import SERVING_PORT
from localcloud.containers.supervisor.specification import Network

ENDPOINT_URL = "AWS_ENDPOINT_URL"
_PROXY_PORT = 3128


def own_network(environment: Mapping[str, str]) -> Network:
    """Give the network of a server whose local cloud is where its environment says."""
    cloud = _cloud(environment)
    proxy_port = _PROXY_PORT + (cloud is not None and cloud[1] == _PROXY_PORT)
    return Network(cloud=cloud, proxy_port=proxy_port)


ISOLATED = Network(cloud=None, proxy_port=None)
"""A network that nothing leaves."""


def offline_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Leave out of AWS's variables what an isolated container does not get: keys and addresses.

    Developer guide, "Run Training and Inference Containers in Internet-Free Mode".
    """
    return {name: value for name, value in variables.items() if name.endswith("_REGION")}


def serving_port(network: Network) -> int:
    """Give the port that the server is told to listen on: AWS's, unless the local cloud has that."""
    return SERVING_PORT + (network.cloud is not None and network.cloud[1] == SERVING_PORT)


def proxy_variables(network: Network, addresses: Mapping[str, str] = {}) -> dict[str, str]:
    """Give the variables by which programs find the proxy; in capitals and in small letters.

    `addresses`: the other hosts of a job by name, which are reached without it.
    """
    if network.proxy_port is None:
        return {}
    proxy = f"http://{LOOPBACK}:{network.proxy_port}"
    direct = ["localhost", LOOPBACK, *addresses, *addresses.values()]
    if network.cloud is not None and network.cloud[0] not in direct:
        direct.append(network.cloud[0])
    variables = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": ",".join(direct)}
    return variables | {name.lower(): value for name, value in variables.items()}


def hosts(network: Network, addresses: Mapping[str, str]) -> str:
    """Give the content of /etc/hosts (hosts(5)); the local cloud's name, if it has one, is a local one."""
    named = addresses or {socket.gethostname(): LOOPBACK}
    lines = [f"{LOOPBACK} localhost", "::1 localhost"]
    lines += [f"{address} {name}" for name, address in named.items()]
    if network.cloud is not None and not _is_address(network.cloud[0]):
        lines.append(f"{LOOPBACK} {network.cloud[0]}")
    return "".join(f"{line}\n" for line in lines)


def free_port() -> int:
    """Find a free port of this machine's loopback interface."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _cloud(environment: Mapping[str, str]) -> tuple[str, int] | None:
    """Give the local cloud's address; None where it is another machine's, which the proxy leads to."""
    parts = urlsplit(environment.get(ENDPOINT_URL, ""))
    try:
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # a port that is no number
        return None
    if host is None or (_is_address(host) and not ipaddress.ip_address(host).is_loopback):
        return None
    return host, port


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
