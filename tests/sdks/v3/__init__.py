"""Programs of the SageMaker SDK v3, in an environment of their own: v2 has packages of the same names.

All run in one process, since to import the SDK takes 5 s of a core:

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 tests/sdks/v3/.venv/bin/python -m tests.sdks.v3 found.json
"""
