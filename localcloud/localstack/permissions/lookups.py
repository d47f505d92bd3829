"""ARNs of what requests name otherwise: by a name without its path, by an alias, by a token."""

import sys

from localcloud.localstack.permissions.encryption import find_key
from localcloud.localstack.permissions.identities import Identities
from localcloud.localstack.permissions.resources import alias_target
from localcloud.ports import Caller


class Lookups:
    """Finds what a request names, in the account and region that it is sent to."""

    def __init__(
        self, identities: Identities, account: str, region: str, partition: str, key_id: str
    ) -> None:
        self._identities = identities
        self._account, self._region, self._partition = account, region, partition
        self._key_id = key_id

    def find(self, kind: str, name: str) -> str:
        """Give an ARN, an empty text where nobody knows it."""
        if kind == "kms:alias":
            return alias_target(name, self._account, self._region)
        if kind.startswith("kms:"):
            return find_key(kind, name, self._account, self._region)
        if kind == "states:task":
            tokens = sys.modules.get("localcloud.localstack.patches.task_tokens")
            return str(tokens.machine_of(name)) if tokens else ""
        if kind == "sagemaker:callback":
            providers = sys.modules["localcloud.localstack.providers"]
            caller = Caller(self._account, self._region)
            return str(providers.sagemaker_of_this_process().execution_of_token(caller, name))
        return self._identities.arn_of(kind, name, self._account, self._partition, self._key_id)
