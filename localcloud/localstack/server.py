"""The gateway's listener, on the loopback interface alone.

LocalStack's own listens on every interface, whatever host it is given.
"""

import os

from localstack.config import HostAndPort
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor

from localcloud.localstack.gate.install import is_guarded, is_wanted


class LoopbackServerPlugin(RuntimeServerPlugin):
    """By this LocalStack finds us, where ``GATEWAY_SERVER=loopback`` asks for it."""

    name = "loopback"

    def load(self, *args: object, **kwargs: object) -> RuntimeServer:
        """Give the server."""
        return LoopbackServer()


class LoopbackServer(TwistedRuntimeServer):
    """Serves plain HTTP at exactly the addresses it is given."""

    def register(
        self, gateway: Gateway, listen: list[HostAndPort], ssl_creds: tuple[str, str] | None = None
    ) -> None:
        """Listen; raises where the port is taken, which LocalStack's own would not notice."""
        if is_wanted(os.environ) and not is_guarded(gateway):  # whatever kept it away has been logged
            raise RuntimeError("the gate is not in front of the gateway, so nothing is served")
        site = TwistedGateway(gateway)
        for address in listen:
            reactor.listenTCP(address.port, site, interface=address.host)

    def shutdown(self) -> None:
        """Let requests under way end, for a second, then stop."""
        if self.thread_pool:
            self.thread_pool.stop(timeout=1)
        # From another thread a bare `stop` is noticed only at the reactor's next timer.
        reactor.callFromThread(reactor.stop)
