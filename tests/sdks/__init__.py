"""Programs that use AWS's SDKs as their documentation shows, run by tests/integration/test_sdks.py.

Each is run by itself, in the SDKs' own environment, with nothing of ours imported but `surroundings`:

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 tests/sdks/.venv/bin/python -m tests.sdks.estimator found.json
"""
