import hashlib

import pytest

from lambda_src.shared.calls import PassingError, RefusedError
from lambda_src.shared.events import EventError
from lambda_src.shared.token_store import StoredRun, TokenStore
from tests.unit.lambda_src.runs import BUCKET, PREFIX, RUN_ID, TOKEN, URI, RunCloud

NAME = hashlib.sha256(TOKEN.encode()).hexdigest()[:16]


@pytest.fixture
def store(cloud: RunCloud) -> TokenStore:
    return TokenStore(cloud.client, URI)


def test_a_token_is_stored_once_under_its_run(cloud: RunCloud, store: TokenStore) -> None:
    cloud.expect_put(NAME, TOKEN)
    store.put_token(RUN_ID, TOKEN)


def test_a_token_that_is_there_already_is_left_there(cloud: RunCloud, store: TokenStore) -> None:
    cloud.s3.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    store.put_token(RUN_ID, TOKEN)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, RefusedError),
        ("NoSuchBucket", 404, RefusedError),
        ("ConditionalRequestConflict", 409, PassingError),
        ("SlowDown", 503, PassingError),
    ],
)
def test_a_token_that_cannot_be_stored_is_an_error(
    cloud: RunCloud, store: TokenStore, code: str, status: int, error: type[Exception]
) -> None:
    cloud.s3.add_client_error("put_object", code, http_status_code=status)
    with pytest.raises(error, match=code):
        store.put_token(RUN_ID, TOKEN)


def test_a_run_is_read_with_all_its_tokens_and_its_output(cloud: RunCloud, store: TokenStore) -> None:
    cloud.expect_read({"00aa": "one", "output": "{}", "ffbb": "two"})
    assert store.read(RUN_ID) == StoredRun(("one", "two"), "{}")


def test_tokens_beyond_the_first_page_are_read_too(cloud: RunCloud, store: TokenStore) -> None:
    prefix = f"{PREFIX}{RUN_ID}/"
    asked = {"Bucket": BUCKET, "Prefix": prefix}
    first = {"Contents": [], "IsTruncated": True, "NextContinuationToken": "more"}
    cloud.s3.add_response("list_objects_v2", first, asked)
    cloud.s3.add_response("list_objects_v2", {"Contents": []}, asked | {"ContinuationToken": "more"})
    assert store.read(RUN_ID) == StoredRun((), None)


def test_an_unknown_run_has_nothing(cloud: RunCloud, store: TokenStore) -> None:
    cloud.expect_read({})
    assert store.read(RUN_ID) == StoredRun((), None)


@pytest.mark.parametrize("run_id", ["", "..", "a/b", f"{RUN_ID}/", f"../{RUN_ID}"])
def test_a_key_is_never_made_of_what_is_no_run_id(store: TokenStore, run_id: str) -> None:
    with pytest.raises(EventError, match="is not the id of a run"):
        store.read(run_id)
    with pytest.raises(EventError, match="is not the id of a run"):
        store.put_token(run_id, TOKEN)


@pytest.mark.parametrize(
    "uri", ["", "bucket/prefix/", "s3://", "s3://bucket", "s3://bucket/prefix", "s3:///p/"]
)
def test_a_place_that_is_none_is_refused_at_once(cloud: RunCloud, uri: str) -> None:
    with pytest.raises(ValueError, match="it must be s3://<bucket>/<prefix>/"):
        TokenStore(cloud.client, uri)
