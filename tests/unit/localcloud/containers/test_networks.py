"""A server's network: who gets in, and where it gets out."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.containers.container import SERVING_PORT, ContainerError
from localcloud.containers.isolation import Isolation
from localcloud.containers.network import hosts, own_network, proxy_variables, serving_port
from tests.unit.localcloud.containers.places import MINUTE, connected, log, skip_unless, start

ECHO = """
import os, socket
port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
listener = socket.create_server((os.environ.get("ADDRESS", "127.0.0.1"), port))
print("listening on", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.sendall(b"it is " + os.environ["SAGEMAKER_BIND_TO_PORT"].encode())
    connection.close()
"""
ASK = """
import os, urllib.request, urllib.error
del os.environ["no_proxy"], os.environ["NO_PROXY"]  # OTHER is on this machine's loopback interface, too.
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
proxied = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["HTTP_PROXY"]}))
for name, opener, url in [
    ("cloud", direct, os.environ["AWS_ENDPOINT_URL"] + "/a"),
    ("proxied", proxied, os.environ["OTHER"] + "/b?c=d"),
    ("direct", direct, os.environ["OTHER"] + "/e"),
    ("nowhere", proxied, "http://nowhere.invalid/"),
]:
    try:
        print(name, opener.open(url, timeout=20).read().decode())
    except urllib.error.HTTPError as error:
        print(name, error.code, error.read().decode().strip())
    except urllib.error.URLError as error:
        print(name, "refused" if isinstance(error.reason, ConnectionRefusedError) else error)
"""
TUNNEL = """
import os, socket
host, port = os.environ["HTTP_PROXY"].removeprefix("http://").split(":")
with socket.create_connection((host, int(port))) as proxy:
    target = os.environ["OTHER"].removeprefix("http://")
    proxy.sendall(f"CONNECT {target} HTTP/1.1\\r\\nHost: {target}\\r\\n\\r\\n".encode())
    print(proxy.recv(1000).split(b"\\r\\n")[0].decode())
    proxy.sendall(b"GET /tunnelled HTTP/1.0\\r\\n\\r\\n")
    proxy.shutdown(socket.SHUT_WR)
    answer = b""
    while piece := proxy.recv(1000):
        answer += piece
    print(answer.rpartition(b"\\r\\n")[2].decode())
for line in ("nonsense", "GET ftp://somewhere/ HTTP/1.1", "CONNECT nowhere HTTP/1.1"):
    with socket.create_connection((host, int(port))) as proxy:
        proxy.sendall(line.encode() + b"\\r\\n\\r\\n")
        print(proxy.recv(1000).split(b"\\r\\n")[0].decode())
"""


class Site(http.server.BaseHTTPRequestHandler):
    """Says what it is asked for."""

    def do_GET(self) -> None:
        text = f"{self.server.server_port} {self.path} {self.headers['Host']}"  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        """Say nothing."""


@pytest.fixture
def sites() -> Iterator[list[int]]:
    """Two servers of this machine; their ports."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [server.server_port for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


def listening() -> set[str]:
    """Give where anybody listens at AWS's port in the network of this machine (proc(5), /proc/net/tcp)."""
    tables = [Path(f"/proc/net/{name}").read_text("ascii").splitlines()[1:] for name in ("tcp", "tcp6")]
    found = {line.split()[1] for table in tables for line in table if line.split()[3] == "0A"}
    return {address for address in found if int(address.rpartition(":")[2], 16) == SERVING_PORT}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - as servers do on AWS
def test_only_the_local_cloud_gets_to_a_server(tmp_path: Path, address: str) -> None:
    skip_unless(Isolation.FULL)
    before = listening()
    server = start(tmp_path, ECHO, serves=True, ADDRESS=address)
    try:
        for _ in range(2):
            with connected(server) as connection:
                assert connection.recv(100) == b"it is 8080"
        assert listening() - before == set(), "the server listens where others reach it"
    finally:
        server.stop(1)
    with pytest.raises(ConnectionRefusedError):
        server.connect(1.0)


def test_without_a_network_of_its_own_a_server_is_reached_at_its_port(tmp_path: Path) -> None:
    server = start(tmp_path, ECHO, Isolation.NONE, serves=True)
    try:
        with connected(server) as connection:
            answer = connection.recv(100).decode()
        port = int(answer.removeprefix("it is "))
        with socket.create_connection(("127.0.0.1", port)) as connection:
            assert connection.recv(100).decode() == answer
    finally:
        server.stop(1)


def test_a_server_that_accepts_nothing_times_out(tmp_path: Path) -> None:
    server = start(
        tmp_path,
        "import os, socket, time\n"
        "held = socket.socket()\n"
        "held.bind(('127.0.0.1', int(os.environ['SAGEMAKER_BIND_TO_PORT'])))\n"
        "held.listen(0)\n"
        "time.sleep(600)\n",
        serves=True,
    )
    held = []
    try:
        held.append(connected(server))
        with pytest.raises(TimeoutError):
            held.extend(server.connect(0.2) for _ in range(10))
    finally:
        for connection in held:
            connection.close()
        server.stop(1)


def test_a_server_reaches_the_local_cloud_and_others_through_the_proxy(
    tmp_path: Path, sites: list[int]
) -> None:
    cloud, other = sites
    urls = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud}", "OTHER": f"http://127.0.0.1:{other}"}
    assert start(tmp_path, ASK, serves=True, environment=urls).wait(MINUTE) == 0
    assert log(tmp_path).splitlines() == [
        f"cloud {cloud} /a 127.0.0.1:{cloud}",
        f"proxied {other} /b?c=d 127.0.0.1:{other}",
        "direct refused",
        "nowhere 502 sagestep local cloud: nowhere.invalid:80 cannot be reached: Name or service not known.",
    ]


def test_the_local_cloud_may_have_a_name(tmp_path: Path, sites: list[int]) -> None:
    cloud, other = sites
    urls = {"AWS_ENDPOINT_URL": f"http://localhost:{cloud}", "OTHER": f"http://127.0.0.1:{other}"}
    assert start(tmp_path, ASK, serves=True, environment=urls).wait(MINUTE) == 0
    assert log(tmp_path).splitlines()[0] == f"cloud {cloud} /a localhost:{cloud}"


def test_https_goes_through_a_tunnel_and_what_is_no_request_is_refused(
    tmp_path: Path, sites: list[int]
) -> None:
    cloud, other = sites
    urls = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud}", "OTHER": f"http://127.0.0.1:{other}"}
    assert start(tmp_path, TUNNEL, serves=True, environment=urls).wait(MINUTE) == 0
    assert log(tmp_path).splitlines() == [
        "HTTP/1.1 200 Connection established",
        f"{other} /tunnelled None",
        *["HTTP/1.1 400 Bad Request"] * 3,
    ]


def test_a_job_keeps_the_network_of_this_machine(tmp_path: Path, sites: list[int]) -> None:
    source = "import os, urllib.request; print(urllib.request.urlopen(os.environ['OTHER']).read().decode())"
    assert start(tmp_path, source, OTHER=f"http://127.0.0.1:{sites[0]}/").wait(MINUTE) == 0
    assert log(tmp_path).strip() == f"{sites[0]} / 127.0.0.1:{sites[0]}"


def test_an_isolated_job_reaches_nobody_but_itself(tmp_path: Path, sites: list[int]) -> None:
    source = (
        "import os, socket\n"
        "try:\n"
        "    socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 5)\n"
        "except OSError as error:\n"
        "    print(error.strerror)\n"
        "print(sorted(name for name in os.environ if 'proxy' in name.lower()))\n"
        "own = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(('algo-1', own.getsockname()[1]), 5)\n"
        "print('itself')\n"
    )
    job = start(tmp_path, source, is_isolated=True, host_name="algo-1", PORT=str(sites[0]))
    assert job.wait(MINUTE) == 0
    assert log(tmp_path).splitlines() == ["Connection refused", "[]", "itself"]


def test_an_isolated_server_can_be_asked_and_has_no_proxy(tmp_path: Path) -> None:
    server = start(tmp_path, ECHO, serves=True, is_isolated=True)
    try:
        with connected(server) as connection:
            assert connection.recv(100) == b"it is 8080"
    finally:
        server.stop(1)


def test_a_system_without_namespaces_cannot_isolate(tmp_path: Path) -> None:
    with pytest.raises(ContainerError, match="which EnableNetworkIsolation needs"):
        start(tmp_path, ECHO, Isolation.NONE, is_isolated=True)


@pytest.mark.parametrize(
    ("url", "cloud", "port", "direct"),
    [
        ("http://127.0.0.1:4566", ("127.0.0.1", 4566), 8080, "localhost,127.0.0.1"),
        ("http://cloud.example:8080", ("cloud.example", 8080), 8081, "localhost,127.0.0.1,cloud.example"),
        ("https://cloud.example", ("cloud.example", 443), 8080, "localhost,127.0.0.1,cloud.example"),
        ("http://192.0.2.1:4566", None, 8080, "localhost,127.0.0.1"),
        ("http://127.0.0.1:nonsense", None, 8080, "localhost,127.0.0.1"),
        ("", None, 8080, "localhost,127.0.0.1"),
    ],
)
def test_what_a_servers_network_holds(
    url: str, cloud: tuple[str, int] | None, port: int, direct: str
) -> None:
    network = own_network({"AWS_ENDPOINT_URL": url})
    assert (network.cloud, serving_port(network)) == (cloud, port)
    variables = proxy_variables(network)
    assert variables["NO_PROXY"] == variables["no_proxy"] == direct
    assert variables["https_proxy"] == "http://127.0.0.1:3128"
    assert ("cloud.example" in hosts(network, {})) == ("cloud.example" in url)


def test_the_proxy_makes_room_for_a_local_cloud_at_its_port() -> None:
    assert own_network({"AWS_ENDPOINT_URL": "http://127.0.0.1:3128"}).proxy_port == 3129
