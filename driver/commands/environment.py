"""`invoke env`: what other programs need to use the local cloud, as lines for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from driver.commands.context import Command
from driver.model.choices import TargetName
from driver.model.documents import Document
from driver.model.exceptions import WrongUseError
from driver.model.values import Keys

# Each of these would come before the variables that are set, or contradict them. Order of AWS's programs:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
# https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
_ALWAYS_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_UNSET_IF_THERE = (
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
_ENDPOINT = "AWS_ENDPOINT_URL"
_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_NO_PROXIES = ("NO_PROXY", "no_proxy")  # some programs read the one, some the other


class ShowEnvironment(Command):
    """Prints the variables."""

    def __call__(self) -> None:
        """Give them: the lines or the document, and nothing else, on standard output."""
        name, environ = self.settings.target, self.context.environ
        if name is TargetName.AWS:
            raise WrongUseError(
                "`invoke env` is about a cloud on this machine.",
                "On AWS other programs find your credentials where this one does: the default chain of AWS.",
                "Leave out `--target aws`.",
            )
        region, endpoint_url = self.target.address()
        keys = self.context.keys(str(endpoint_url))
        variables = environment_for(region, str(endpoint_url), keys, environ)
        unset = in_the_way(environ)
        document: Document = {
            "version": 1,
            "target": name.value,
            "endpoint_url": endpoint_url,
            "region": region,
            "variables": variables,
            "unset": unset,
        }
        self.console.present(document, lambda: self._show(variables, unset))

    def _show(self, variables: Mapping[str, str], unset: list[str]) -> None:
        self.console.give(f"unset {' '.join(unset)}")
        for name, value in variables.items():
            self.console.give(f"export {name}={shlex.quote(value)}")


def environment_for(region: str, endpoint_url: str, keys: Keys, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which the AWS CLI, the SDKs and Terraform use a cloud on this machine.

    Where the shell's environment `environ` names a proxy, the cloud is excluded from it.
    """
    variables = {
        **keys.variables,
        _ENDPOINT: endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # boto3 and the AWS CLI read this one
        # Else `aws stepfunctions test-state` asks a host such as sync-127.0.0.1, which there is not.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    host = endpoint_url.partition("://")[2].rpartition(":")[0] or endpoint_url
    for name in _NO_PROXIES if any(environ.get(proxy) for proxy in _PROXIES) else ():
        left_out = [part for part in environ.get(name, "").split(",") if part]
        variables[name] = ",".join(dict.fromkeys((*left_out, host)))
    return variables


def in_the_way(environ: Mapping[str, str]) -> list[str]:
    """Name the variables that have to go; the shell's quoting of a name that is none could be wrong."""
    of_services = sorted(
        name
        for name in environ
        if name.startswith(f"{_ENDPOINT}_") and name.isidentifier() and name.isascii()
    )
    return [*_ALWAYS_UNSET, *(name for name in _UNSET_IF_THERE if name in environ), *of_services]
