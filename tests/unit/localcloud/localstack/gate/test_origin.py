"""Where a request comes from: addresses of the cloud, and pages."""

import pytest

from localcloud.localstack.gate.origin import Addresses, checked_origin, is_preflight, names

PAGE = "https://page.example"
CLOUD = Addresses(frozenset({4566}))
TRUSTING = Addresses(frozenset({4566}), origins=frozenset({PAGE, "http://localhost:3000"}))
OWN = (
    "127.0.0.1:4566",
    "localhost:4566",
    "LocalHost:4566",
    "[::1]:4566",
    "localhost.localstack.cloud:4566",
    "s3.localhost.localstack.cloud:4566",
    "bucket.s3.us-west-2.localhost.localstack.cloud:4566",
    "my.bucket.s3.localhost:4566",
    "bucket.localhost:4566",
    "000000000000.127.0.0.1:4566",
    "sync-localhost:4566",
    "sync-127.0.0.1:4566",
    "streaming-localhost:4566",
)
FOREIGN = (
    "evil.example",
    "evil.example:4566",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.0.0.1:45660",
    "localhost",
    "localhost.evil.example:4566",
    "127.0.0.1.evil.example:4566",
    "evil-localhost:4566",
    "evillocalhost:4566",
    "localhost.localstack.cloud.evil.example:4566",
    "xlocalhost.localstack.cloud:4566",
    "app.localstack.cloud:4566",
    "127.0.0.2:4566",
    "0.0.0.0:4566",
    "[::]:4566",
    "localhost.:4566",
    "user@localhost:4566",
    "localhost:4566:4566",
    "localhost:٤٥٦٦",
    "localhost :4566",
    "",
)


def headers(host: str = "127.0.0.1:4566", **more: str) -> dict[str, list[str]]:
    return {"host": [host], **{name.replace("_", "-"): [value] for name, value in more.items()}}


@pytest.mark.parametrize("host", OWN)
def test_the_clouds_own_addresses_are_served(host: str) -> None:
    assert CLOUD.problem(headers(host)) is None


@pytest.mark.parametrize("host", FOREIGN)
def test_every_other_host_is_refused(host: str) -> None:
    problem = CLOUD.problem(headers(host))
    assert problem is not None
    assert "http://127.0.0.1:4566" in problem


def test_a_request_has_one_host() -> None:
    assert CLOUD.problem({}) is not None
    assert CLOUD.problem({"host": ["127.0.0.1:4566", "127.0.0.1:4566"]}) is not None


@pytest.mark.parametrize(
    "of_a_page",
    [
        {"origin": PAGE},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "file://"},
        {"origin": "http://localhost:4566"},
        {"origin": "http://127.0.0.1:4566"},
        {"origin": "https://app.localstack.cloud"},
        {"origin": "http://localhost:3001"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "None-at-all"},
        {"referer": "https://evil.example/page?x"},
        {"referer": "http://127.0.0.1:8000/"},
        {"referer": "http://evil.example@127.0.0.1.evil.example:4566/"},
        {"referer": "about:blank"},
        {"referer": "no address"},
        {"referer": "https://127.0.0.1:4566/bucket/page.html"},
    ],
)
def test_what_a_browser_sends_for_a_page_is_refused(of_a_page: dict[str, str]) -> None:
    problem = CLOUD.problem(headers(**of_a_page))
    assert problem is not None
    assert "\n" not in problem
    if "origin" not in of_a_page or of_a_page["origin"] not in TRUSTING.origins:
        assert (TRUSTING.problem(headers(**of_a_page)) is None) is (
            of_a_page.get("origin") in TRUSTING.origins
        )


def test_what_a_person_opens_is_no_page() -> None:
    assert CLOUD.problem(headers(sec_fetch_site="none")) is None
    assert CLOUD.problem(headers(referer="http://127.0.0.1:4566/bucket/")) is None


def test_pages_of_an_allowed_origin_are_served_and_no_others() -> None:
    for site in ("cross-site", "same-site"):
        assert TRUSTING.problem(headers(origin=PAGE, sec_fetch_site=site)) is None
        assert TRUSTING.problem(headers(referer=f"{PAGE}/deep/page?x", sec_fetch_site=site)) is None
        assert TRUSTING.problem(headers(sec_fetch_site=site)) is not None
    assert TRUSTING.problem(headers(origin="https://page.example:8443")) is not None
    assert TRUSTING.problem(headers(origin="http://page.example")) is not None
    assert TRUSTING.problem(headers("evil.example", origin=PAGE)) is not None
    two = {**headers(), "origin": [PAGE, "https://evil.example"]}
    assert TRUSTING.problem(two) is not None


def test_the_refusal_says_how_to_allow_the_page() -> None:
    problem = CLOUD.problem(headers(origin="http://localhost:3000"))
    assert problem is not None
    assert "--allow-origin http://localhost:3000" in problem
    odd = CLOUD.problem(headers(origin="http://x\x1b[31m; rm -rf"))
    assert odd is not None
    assert "\x1b" not in odd
    assert "--allow-origin http" not in odd


def test_an_origin_is_checked_where_it_is_given() -> None:
    assert checked_origin(" HTTP://LocalHost:3000/ ") == "http://localhost:3000"
    for text in ("localhost:3000", "http://a/b", "*", "null", "", "http://a b", "http://user@a"):
        with pytest.raises(ValueError, match="is no origin"):
            checked_origin(text)


def test_a_preflight_is_what_a_browser_asks_first() -> None:
    asked = headers(origin=PAGE, access_control_request_method="PUT")
    assert is_preflight("OPTIONS", asked)
    assert not is_preflight("OPTIONS", headers(origin=PAGE))
    assert not is_preflight("POST", asked)


def test_hosts_of_a_foreign_localstack_are_names_of_the_cloud() -> None:
    cloud = Addresses(frozenset({4566}), names(["localstack:4566", "host.docker.internal", "no name!"]))
    assert cloud.problem(headers("localstack:4566")) is None
    assert cloud.problem(headers("bucket.localstack:4566")) is None
    assert cloud.problem(headers("host.docker.internal:4566")) is None
    assert cloud.problem(headers("evil.example:4566")) is not None
