"""Keys of KMS."""

import hashlib
import logging
import sys
import uuid

from localstack.services.kms.models import KmsKey


def apply() -> None:
    """Apply all patches of this module."""
    if sys.version_info < (3, 12):
        let_keys_be_made_before_python_3_12()
    keep_bad_ciphertexts_out_of_the_log()


def let_keys_be_made_before_python_3_12() -> None:
    """Defect: `uuid.uuid5` takes bytes from Python 3.12 on only, so that CreateKey fails before."""

    def generate_key_material_id(self: KmsKey, key_material: bytes) -> str:
        digest = hashlib.sha1(self._internal_key_id.bytes + key_material, usedforsecurity=False).digest()
        return uuid.UUID(bytes=digest[:16], version=5).hex * 2

    KmsKey.generate_key_material_id = generate_key_material_id


def keep_bad_ciphertexts_out_of_the_log() -> None:
    """Defect: each text that Decrypt cannot read is an ERROR in the log, of no logger that has a name."""
    logging.getLogger().addFilter(lambda record: "deserializing ciphertext" not in record.msg)
