"""A page in a real Chromium against a real local cloud: nothing that it can make the browser send is served.

The page comes from another port of this machine, which is what a browser trusts most of all foreign pages.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import find_chromium
from tests.integration.raw import raw
from tests.integration.stack import local_cloud
from tests.integration.wire import Cloud

# A call of the browser has no deadline of its own. A test that waits for one for ever costs two minutes.
pytestmark = [pytest.mark.browser, pytest.mark.integration, pytest.mark.timeout(120)]

BUCKET = "sagestep-000000000000-us-west-2"
TROJAN = "<script>fetch('/', {method: 'PUT'})</script>"


class Site:
    """A server of pages on a port of its own."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = pages.get(self.path, "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                """Keep requests out of the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("gate")
    with local_cloud(folder, "--services", "s3,sqs,sns,iam,sts") as port:
        made = Cloud(folder, port)
        place = {"LocationConstraint": "us-west-2"}
        made.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)  # type: ignore[arg-type]
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def opened(page: Page, site: Site, content: str) -> Page:
    """Open a page of the site."""
    site.pages["/page.html"] = f"<!doctype html><title>page</title>{content}"
    page.goto(f"http://localhost:{site.port}/page.html")
    return page


def users(gated: Cloud) -> list[str]:
    return [user["UserName"] for user in gated.stack.client("iam").list_users()["Users"]]


def keys(gated: Cloud) -> list[str]:
    return [item["Key"] for item in gated.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_form_uploads_no_page_and_leads_to_none(page: Page, site: Site, gated: Cloud, host: str) -> None:
    target = f"http://{host}:{gated.port}/{BUCKET}"
    form = f"""
      <form method="post" enctype="multipart/form-data" action="{target}">
        <input name="key" value="x.html"><input name="Content-Type" value="text/html">
        <input name="success_action_redirect" value="{target}/x.html">
        <textarea name="file">{TROJAN.replace("<", "&lt;")}</textarea>
      </form>"""
    opened(page, site, form)
    with page.expect_navigation() as navigation:
        page.evaluate("document.forms[0].submit()")
    response = navigation.value
    assert response is not None
    assert response.status == 403
    assert "a browser sent this request for a web page" in page.content()
    assert page.url == target, "it was not redirected"
    assert keys(gated) == []


def test_an_image_creates_no_user(page: Page, site: Site, gated: Cloud) -> None:
    address = f"http://127.0.0.1:{gated.port}/?Action=CreateUser&UserName=evil&Version=2010-05-08"
    failures: list[str] = []
    page.on("requestfailed", lambda request: failures.append(request.failure or ""))
    opened(page, site, f'<img src="{address}"><img referrerpolicy="no-referrer" src="{address}&Again=1">')
    assert failures == ["net::ERR_BLOCKED_BY_ORB"] * 2, "the answer came, and was no image"
    assert "evil" not in users(gated)


FETCHES = """async (cloud) => {
  const told = [];
  for (const options of [
    {}, {mode: 'no-cors'}, {method: 'PUT'}, {method: 'PUT', mode: 'no-cors'},
    {method: 'POST', mode: 'no-cors', body: 'Action=CreateUser&UserName=evil&Version=2010-05-08',
     headers: {'Content-Type': 'application/x-www-form-urlencoded'}},
    {referrerPolicy: 'no-referrer'}, {headers: {'X-Amz-Target': 'AmazonSQS.ListQueues'}},
  ]) {
    try {
      const answer = await fetch(cloud, {...options, signal: AbortSignal.timeout(10000)});
      told.push(`${answer.type} ${await answer.text()}`);
    } catch (error) { told.push(error.name === 'TimeoutError' ? 'unanswered' : 'blocked'); }
  }
  return told;
}"""


FETCH_ITSELF = """async () => {
  try { const answer = await fetch('/'); return `${answer.status} ${await answer.text()}`; }
  catch { return 'unanswered'; }
}"""


def fetch_nothing(page: Page, gated: Cloud, path: str) -> None:
    """Fetch in every way: the page reads none of the answers, and the local cloud answers at once.

    A fetch of a page of a file did not end at all, once in some hundred runs. The local cloud is then asked
    the same without Chromium, so that a request which the local cloud leaves open still fails.
    """
    told = page.evaluate(FETCHES, f"http://localhost:{gated.port}{path}")
    assert [item for item in told if item not in ("blocked", "opaque ", "unanswered")] == []
    if "unanswered" in told:
        for method, body in (("GET", b""), ("OPTIONS", b""), ("PUT", b""), ("POST", b"Action=CreateUser")):
            answer = raw(gated, method, path, body, Origin="null", Sec_Fetch_Site="cross-site")
            assert answer.status == 403, f"Chromium had no answer to {told}; {method} alone: {answer.text}"


def test_a_script_fetches_nothing(page: Page, site: Site, gated: Cloud) -> None:
    opened(page, site, "")
    for path in ("/", f"/{BUCKET}", "/_sagestep/info", "/_localstack/health"):
        fetch_nothing(page, gated, path)
    assert "evil" not in users(gated)
    assert keys(gated) == []


def test_a_frame_and_a_websocket_show_nothing(page: Page, site: Site, gated: Cloud) -> None:
    opened(page, site, f'<iframe src="http://localhost:{gated.port}/_sagestep/info"></iframe>')
    frame = page.frames[1]
    frame.wait_for_load_state()
    assert "instance" not in frame.content()
    ended = page.evaluate(
        "url => new Promise(tell => { const s = new WebSocket(url); s.onopen = () => tell('open');"
        " s.onerror = () => tell('error'); })",
        f"ws://localhost:{gated.port}/",
    )
    assert ended == "error"


def test_a_page_of_a_file_is_a_page_too(page: Page, gated: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><title>page</title>", encoding="utf-8")
    page.goto(file.as_uri())
    fetch_nothing(page, gated, "/_sagestep/info")


def test_a_name_that_comes_to_mean_this_machine_opens_nothing(
    gated: Cloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """DNS rebinding: the page's own name means 127.0.0.1 now, so its script asks its own origin.

    Chromium failed such a fetch once in some thousand, before any answer. The local cloud is then asked the
    same without Chromium, and must refuse it.
    """
    rebound = ["--no-sandbox", "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    content: list[str] = []

    def look() -> None:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(executable_path=find_chromium(), args=rebound)
            page = started.new_page()
            for path in ("/", "/_sagestep/info", f"/{BUCKET}"):
                response = page.goto(f"http://evil.example:{gated.port}{path}")
                assert response is not None
                content.append(f"{response.status} {page.content()}")
                fetched = page.evaluate(FETCH_ITSELF)
                if fetched == "unanswered":
                    host = f"evil.example:{gated.port}"
                    answer = raw(gated, "GET", "/", Host=host, Sec_Fetch_Site="same-origin")
                    fetched = f"{answer.status} {answer.text}"
                content.append(fetched)
            started.close()

    thread = threading.Thread(target=look)  # a second Playwright needs a thread of its own
    thread.start()
    thread.join(60)
    assert len(content) == 6
    for seen in content:
        assert seen.startswith("403 ")
        assert "is not an address of this local cloud" in seen


def test_what_a_person_opens_by_hand_is_served(page: Page, gated: Cloud) -> None:
    """A presigned address in the address bar is no page's doing; what it shows can do nothing here."""
    script = "<script>fetch('/_sagestep/info').then(a => document.title = a.status)</script>"
    gated.s3.put_object(Bucket=BUCKET, Key="mine.html", Body=script, ContentType="text/html")
    address = gated.s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "mine.html"})
    response = page.goto(address)
    assert response is not None
    assert response.status == 200
    page.wait_for_function("document.title !== ''")
    assert page.title() == "403"
    gated.s3.delete_object(Bucket=BUCKET, Key="mine.html")
