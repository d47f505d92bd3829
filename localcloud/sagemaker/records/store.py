"""The records of one account and region."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from localcloud.sagemaker.records.document import Record
from localcloud.sagemaker.records.family import Family
from localcloud.sagemaker.records.lineage import Association
from localcloud.sagemaker.records.table import FAMILIES

Key = tuple[str, ...]


@dataclass(slots=True)
class RecordStore:
    """Records by family and what identifies them, associations by their ends; the store's lock guards it."""

    kept: dict[str, dict[Key, Record]] = field(default_factory=dict)
    associations: dict[tuple[str, str], Association] = field(default_factory=dict)

    def of(self, family: Family) -> dict[Key, Record]:
        """Give the records of a family."""
        return self.kept.setdefault(family.noun, {})

    def find(self, family: Family, given: Mapping[str, object]) -> tuple[Key, Record] | None:
        """Find the record that a request identifies, by its names or by its ARN."""
        records, key = self.of(family), key_of(family, given)
        if key in records:
            return key, records[key]
        if key[-1].startswith("arn:"):
            return next(((known, item) for known, item in records.items() if item.arn == key[-1]), None)
        return None

    def get(
        self, family: Family, given: Mapping[str, object], operation: str = "Describe"
    ) -> tuple[Key, Record]:
        """Find a record, or raise `ServiceError` as AWS answers where there is none."""
        found = self.find(family, given)
        if found is None:
            raise family.not_found(key_of(family, given)[-1], operation)
        return found

    def children(self, family: Family, record: Record) -> Iterator[tuple[Family, Key]]:
        """Give what belongs to a resource and is there."""
        for other in FAMILIES.values():
            if family.noun in other.parents:
                for key, item in self.of(other).items():
                    if all(item.document.get(name) == record.document.get(name) for name in family.identity):
                        yield other, key


def key_of(family: Family, given: Mapping[str, object]) -> Key:
    """Give what identifies a resource."""
    return tuple(str(given.get(name) or "") for name in family.identity)
