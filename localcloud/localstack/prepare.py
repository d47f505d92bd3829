"""What the first start and first job would make, made ahead: ``python -m localcloud.localstack.prepare``."""

from localcloud.geospatial import gazetteer
from localcloud.localstack.catalog import SHARED, make_catalog

if __name__ == "__main__":
    make_catalog()
    gazetteer.load(SHARED)
