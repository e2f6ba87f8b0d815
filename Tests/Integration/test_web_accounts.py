"""The pages of a server with users: the first administrator, second factors, keys, users, teams, roles, limits, the audit trail."""

import re
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect
from support.browser import Tab, browser, tab
from support.people import CONFIGURATION, PASSWORD, People, begin, totp
from support.servers import Nexus

LOOKS = {
    "light": {"color_scheme": "light"}, "dark": {"color_scheme": "dark"}, "right": {"locale": "ar"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    made = begin(lambda *arguments, **options: Nexus(tmp_path_factory.mktemp("people"), *arguments, **options))
    yield made
    made.close()
    made.server.stop()


def sign_in(opened: Tab, name: str, password: str = PASSWORD, code: str | None = None) -> None:
    opened.go("/app/sign-in")
    opened.page.locator("input[autocomplete=username]").fill(name)
    opened.page.locator("input[type=password]").fill(password)
    if code:
        opened.page.locator("input[autocomplete=one-time-code]").fill(code)
    opened.page.locator("form button[type=submit]").click()


@pytest.fixture
def ada(chromium: Browser, people: People) -> Iterator[Tab]:
    """An administrator's page, signed in."""
    with tab(chromium, people.server.url) as opened:
        # Asked before anybody has signed in.
        opened.expected = ["the server responded with a status of 401"]
        sign_in(opened, "ada")
        opened.page.locator(".composer textarea").wait_for()
        yield opened
        opened.check()


def test_the_first_administrator_comes_by_a_link(chromium: Browser, start: Callable[..., Nexus]) -> None:
    server = start("--host", "0.0.0.0", configuration=CONFIGURATION, ready=False)
    path = re.search(r"(/[^\s/]*#setup=\S+)", server.line("#setup="))
    assert path
    with tab(chromium, f"http://127.0.0.1:{server.port}") as opened:
        opened.expected = ["the server responded with a status of 401"]
        opened.page.goto(opened.base + path[1])
        expect(opened.page.locator("h1")).to_have_text("Set up")
        assert "setup" not in opened.page.url, "the token stays in the address"
        opened.page.get_by_label("Name").fill("root")
        opened.page.get_by_label("Password").fill(PASSWORD)
        opened.page.get_by_role("button", name="Create the administrator").click()
        expect(opened.page.locator(".who-am-i")).to_contain_text("root")
        opened.page.get_by_role("button", name="Sign out").click()
        expect(opened.page.locator("h1")).to_have_text("Sign in")
        opened.page.get_by_label("Name").fill("root")
        opened.page.get_by_label("Password").fill("wrong")
        opened.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(opened.page.get_by_role("alert")).to_be_visible()
        opened.page.get_by_label("Password").fill(PASSWORD)
        opened.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(opened.page.locator(".who-am-i")).to_contain_text("root")
        opened.check()


def test_a_second_factor(chromium: Browser, people: People) -> None:
    people.make("tess")
    with tab(chromium, people.server.url) as opened:
        opened.expected = ["the server responded with a status of 401"]
        sign_in(opened, "tess")
        opened.page.locator(".composer textarea").wait_for()
        opened.go("/app/settings")
        opened.page.get_by_role("button", name="Set up").click()
        dialog = opened.page.get_by_role("dialog")
        dialog.get_by_role("button", name="Set up").click()
        secret = dialog.locator(".secret code").inner_text()
        dialog.get_by_label("Code").fill(totp(secret))
        dialog.get_by_role("button", name="Turn on").click()
        codes = dialog.locator(".recovery").inner_text().split()
        assert len(codes) >= 5
        dialog.locator(".actions").get_by_role("button", name="Close").click()
        opened.page.get_by_role("button", name="Sign out").click()
        sign_in(opened, "tess")
        expect(opened.page.get_by_role("alert")).to_be_visible()
        sign_in(opened, "tess", code=codes[0])
        expect(opened.page.locator(".who-am-i")).to_contain_text("tess")
        opened.go("/app/settings")
        opened.page.get_by_role("button", name="Turn off").click()
        # The code of this half minute has been used.
        opened.page.get_by_role("dialog").get_by_label("Code").fill(codes[1])
        opened.page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
        expect(opened.page.locator(".toast")).to_contain_text("off")
        opened.check()


def test_passwords_are_changed_by_oneself(chromium: Browser, people: People) -> None:
    people.make("pat")
    with people.browser("pat") as elsewhere, tab(chromium, people.server.url) as opened:
        opened.expected = ["the server responded with a status of 4"]
        sign_in(opened, "pat")
        opened.page.locator(".composer textarea").wait_for()
        opened.go("/app/settings")
        expect(opened.page.locator("main")).to_contain_text("this one")
        opened.page.get_by_role("button", name="Change password").click()
        dialog = opened.page.get_by_role("dialog")
        for label, text in (("Present password", "wrong"), ("New password", "another long passphrase"), ("New password, again", "another long")):
            dialog.get_by_label(label, exact=True).fill(text)
        expect(dialog.get_by_role("alert")).to_contain_text("not the same")
        dialog.get_by_label("New password, again").fill("another long passphrase")
        dialog.get_by_role("button", name="Change password").click()
        expect(dialog.get_by_role("alert")).to_be_visible()
        dialog.get_by_label("Present password").fill(PASSWORD)
        dialog.get_by_role("button", name="Change password").click()
        expect(opened.page.locator(".toast")).to_contain_text("changed")
        assert elsewhere.get("/api/v1/session").json()["user"] is None, "the other session goes on"


def test_sessions_are_seen_and_ended(ada: Tab, people: People) -> None:
    with people.browser("ada") as elsewhere:
        ada.go("/app/settings")
        card = ada.page.locator(".card", has_text="Where you are signed in")
        expect(card.locator(".plain-list li")).not_to_have_count(0)
        card.get_by_role("button", name="End all others").click()
        expect(card.locator(".plain-list li")).to_have_count(1)
        assert elsewhere.get("/api/v1/session").json()["user"] is None


def test_a_key_is_made_shown_once_replaced_and_revoked(ada: Tab, people: People) -> None:
    page = ada.page
    ada.go("/app/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What it is for").fill("nightly job")
    dialog.get_by_role("button", name="Only this").click()
    expect(dialog.get_by_role("checkbox", name="chat.use")).to_be_checked()
    dialog.get_by_label("Ends after so many days").fill("7")
    dialog.locator("button[type=submit]").click()
    key = page.locator(".secret code").inner_text()
    with people.client(key) as client:
        assert client.get("/v1/models").status_code == 200
        assert client.get("/api/v1/users").status_code == 403, "it may more than it was given"
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    assert key not in page.content()
    row = page.locator("tr", has_text="nightly job").first
    expect(row).to_contain_text("chat.use")
    row.get_by_role("button", name="Replace").click()
    page.get_by_role("dialog").get_by_label("The old one counts on").fill("0")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    fresh = page.locator(".secret code").inner_text()
    assert fresh != key
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    with people.client(fresh) as client, people.client(key) as old:
        assert client.get("/v1/models").status_code == 200
        assert old.get("/v1/models").status_code == 401
        active = page.locator("tr", has_text="nightly job").filter(has=page.locator(".badge.good"))
        active.get_by_role("button", name="Revoke").click()
        page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
        expect(page.locator("tr", has_text="nightly job").locator(".badge.good")).to_have_count(0)
        assert client.get("/v1/models").status_code == 401


def test_users_are_made_changed_and_removed(ada: Tab, people: People) -> None:
    page = ada.page
    ada.go("/app/users")
    page.get_by_role("button", name="New user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("<b>nia</b>")
    dialog.locator("button[type=submit]").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Name").fill("nia")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.locator("button[type=submit]").click()
    row = page.locator("tbody tr", has_text="nia")
    row.get_by_label("Role: nia").select_option("viewer")
    expect(page.locator(".toast").last).to_contain_text("nia is saved")
    with people.browser("nia") as browser_of_nia:
        row.get_by_role("button", name="Manage").click()
        dialog.get_by_label("E-mail").fill("nia@example.org")
        expect(dialog).to_contain_text("127.0.0.1")
        dialog.get_by_role("button", name="End all sessions").click()
        expect(dialog).to_contain_text("Not signed in anywhere")
        assert browser_of_nia.get("/api/v1/session").json()["user"] is None
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("nia@example.org")
    row.get_by_role("button", name="Disable").click()
    expect(row.locator(".badge.bad")).to_be_visible()
    assert httpx.post(f"{people.server.url}/api/v1/session", json={"name": "nia", "password": PASSWORD}).status_code == 401
    row.get_by_role("button", name="Manage").click()
    dialog.get_by_role("button", name="Remove").click()
    dialog.locator("button.danger").click()
    expect(page.locator("tbody tr", has_text="nia")).to_have_count(0)
    ada.expected.append("the server responded with a status of 400")


def test_teams_and_roles(ada: Tab, people: People) -> None:
    page = ada.page
    ada.go("/app/users/teams")
    page.get_by_role("button", name="New team").click()
    page.get_by_role("dialog").get_by_label("Short name").fill("writers")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    row = page.locator("tbody tr", has_text="writers")
    row.get_by_label("Add somebody: writers").select_option(label="bob")
    expect(row.locator(".chip")).to_contain_text("bob")
    assert people.admin.get("/api/v1/teams/writers").json()["members"] == [people.ids["bob"]]
    row.get_by_role("button", name="Take bob out of writers").click()
    expect(row.locator(".chip")).to_have_count(0)
    row.get_by_role("button", name="Remove: writers").click()
    expect(row).to_have_count(0)
    page.get_by_role("link", name="Roles").click()
    expect(page.locator("tbody tr", has_text="users.write").locator(".yes")).to_have_count(1)
    models = page.get_by_role("textbox", name="viewer")
    models.fill("tiny-*")
    page.locator("form.setting", has_text="viewer").get_by_role("button", name="Save").click()
    expect(page.locator(".toast").last).to_contain_text("viewer is saved")
    roles = {one["role"]: one["models"] for one in people.admin.get("/api/v1/roles").json()["roles"]}
    assert roles["viewer"] == ["tiny-*"]
    people.admin.put("/api/v1/roles/viewer/models", json={"models": None})


def test_weights_in_queues_are_changed_and_kept(ada: Tab, people: People) -> None:
    page, dialog = ada.page, ada.page.get_by_role("dialog")

    def weight(path: str, name: str) -> float:
        rows = next(iter(people.admin.get(f"/api/v1/{path}").json().values()))
        return next(one["weight"] for one in rows if name in (one["id"], one.get("name")))

    ada.go("/app/users/tenants")
    expect(page.locator("main")).to_contain_text("There are no tenants yet")
    page.get_by_role("button", name="New tenant").click()
    dialog.get_by_label("Short name").fill("acme")
    dialog.get_by_label("Weight in queues").fill("2.5")
    dialog.get_by_role("button", name="Save").click()
    row = page.locator("tbody tr", has_text="acme")
    expect(row.locator("td").nth(1)).to_have_text("2.5")
    people.make("wim", tenant="acme")
    row.get_by_role("button", name="Manage").click()
    for wrong in ("0.01", "101"):
        dialog.get_by_label("Weight in queues").fill(wrong)
        dialog.get_by_role("button", name="Save").click()
        assert dialog.locator("input:invalid").count() == 1, "the page sends what the server refuses"
    dialog.get_by_label("Weight in queues").fill("0.3")
    dialog.get_by_role("button", name="Save").click()
    expect(row.locator("td").nth(1)).to_have_text("0.3")
    page.reload()
    expect(row).to_contain_text("wim")
    row.get_by_role("button", name="Manage").click()
    expect(dialog.get_by_label("Weight in queues")).to_have_value("0.3")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert weight("tenants", "acme") == 0.3

    ada.go("/app/users")
    page.get_by_role("button", name="Manage: bob").click()
    expect(dialog.get_by_label("Weight in queues")).to_have_value("1")
    dialog.get_by_label("Weight in queues").fill("4")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert weight("users", "bob") == 4
    page.reload()
    page.get_by_role("button", name="Manage: bob").click()
    expect(dialog.get_by_label("Weight in queues")).to_have_value("4")
    dialog.get_by_label("Weight in queues").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert weight("users", "bob") == 1, "nothing is not what the configuration says"
    page.get_by_role("button", name="Manage: wim").click()
    expect(dialog.get_by_label("Weight in queues")).to_be_disabled()
    expect(dialog.get_by_label("Weight in queues")).to_have_value("0.3")
    dialog.get_by_role("button", name="Remove").click()
    dialog.locator("button.danger").click()
    expect(page.locator("tbody tr", has_text="wim")).to_have_count(0)
    ada.go("/app/users/tenants")
    page.get_by_role("button", name="Remove: acme").click()
    expect(row).to_have_count(0)


def test_limits_budgets_and_usage(ada: Tab, people: People) -> None:
    key = people.key("bob")["key"]
    with people.client(key) as client:
        answer = client.post("/v1/chat/completions", json={"model": "tiny-chat", "max_tokens": 4, "messages": [{"role": "user", "content": "hi"}]})
        assert answer.status_code == 200
    page = ada.page
    ada.go("/app/usage")
    page.get_by_role("button", name="User", exact=True).click()
    for _ in range(200):
        # The ledger is written in the background.
        if people.admin.get("/api/v1/usage?group=user").json()["usage"]:
            break
        time.sleep(0.05)
    expect(page.locator("tbody tr").first).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="New limit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("slow")
    dialog.get_by_label("Amount").fill("1000")
    dialog.get_by_role("button", name="Save").click()
    card = page.locator(".card", has_text="Limits of all")
    expect(card).to_contain_text("slow")
    assert people.admin.get("/api/v1/limits").json()["limits"][0]["amount"] == 1000
    card.get_by_role("button", name="Remove: slow").click()
    expect(card).not_to_contain_text("slow")
    page.get_by_role("button", name="New budget").click()
    dialog.get_by_label("Name").fill("month")
    dialog.get_by_label("Amount").fill("5000")
    dialog.get_by_role("button", name="Save").click()
    budgets = page.locator(".card", has_text="Budgets")
    expect(budgets).to_contain_text("5,000 tokens / month")
    budgets.get_by_role("button", name="Remove: month").click()
    expect(budgets).to_contain_text("There are no budgets")


def test_the_audit_trail(ada: Tab, people: People) -> None:
    httpx.post(f"{people.server.url}/api/v1/session", json={"name": "bob", "password": "wrong"})
    page = ada.page
    ada.go("/app/audit")
    expect(page.locator("tbody tr", has_text="sign_in").first).to_be_visible()
    page.get_by_role("button", name="refused").click()
    expect(page.locator("tbody tr .badge.good")).to_have_count(0)
    expect(page.locator("tbody tr").first).to_contain_text("refused")
    page.get_by_role("button", name="Verify the chain").click()
    expect(page.locator(".page-head [role=status]")).to_contain_text("unbroken")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".jsonl")


def test_a_viewer_is_told_what_is_not_theirs(chromium: Browser, people: People) -> None:
    with tab(chromium, people.server.url) as opened:
        opened.expected = ["the server responded with a status of 40"]
        sign_in(opened, "vera")
        opened.page.locator(".who-am-i", has_text="vera").wait_for()
        opened.go("/app/users")
        expect(opened.page.get_by_role("alert")).to_be_visible()
        opened.go("/app/audit")
        expect(opened.page.get_by_role("alert")).to_be_visible()
        opened.check()


def test_answers_from_before_the_sign_in_change_nothing(chromium: Browser, people: People) -> None:
    with tab(chromium, people.server.url) as opened:
        opened.expected = ["the server responded with a status of 401"]
        held: list[Route] = []

        def hold(route: Route) -> None:
            # What the page asks when it opens; what it asks after the sign-in passes.
            if signed_in or route.request.method != "GET":
                route.continue_()
            else:
                held.append(route)

        signed_in = False
        opened.page.route("**/v1/models", hold)
        opened.page.route("**/api/v1/session", hold)
        opened.go("/app/sign-in")
        opened.page.locator("input[autocomplete=username]").fill("vera")
        opened.page.locator("input[type=password]").fill(PASSWORD)
        while len(held) < 2:
            opened.page.wait_for_timeout(20)
        signed_in = True
        opened.page.locator("form button[type=submit]").click()
        opened.page.locator(".who-am-i", has_text="vera").wait_for()
        for route in held:
            asks_models = route.request.url.endswith("/models")
            route.fulfill(status=401 if asks_models else 200, json={} if asks_models else {"mode": "sign_in", "user": None})
        opened.page.wait_for_timeout(300)
        expect(opened.page.locator(".who-am-i")).to_contain_text("vera")
        expect(opened.page.locator(".composer textarea")).to_be_visible()
        opened.check()


@pytest.mark.parametrize("look", LOOKS)
def test_pages_with_accounts_are_accessible(chromium: Browser, people: People, look: str) -> None:
    people.admin.post("/api/v1/teams", json={"id": "readers"})
    people.admin.post("/api/v1/tenants", json={"id": "library"})
    people.key("ada", scopes=["chat.use"])
    with tab(chromium, people.server.url, bypass_csp=True, reduced_motion="reduce", **LOOKS[look]) as opened:
        sign_in(opened, "ada")
        opened.page.locator(".composer textarea").wait_for()
        told = {}

        def judge(name: str) -> None:
            expect(opened.page.locator(".skeleton")).to_have_count(0)
            found = Axe().run(opened.page).response["violations"]
            if found:
                told[name] = [f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:160]}" for one in found for node in one["nodes"]][:4]
            wide = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} can be moved sideways by {wide} pixels"

        for path in ("keys", "users", "users/teams", "users/tenants", "users/roles", "usage", "audit", "settings"):
            opened.go(f"/app/{path}")
            judge(path)
        # The first button that opens a dialog on each page.
        for path, opening in (("keys", ".page-head button"), ("users", ".page-head button"), ("users", "tbody .row-buttons button:last-child"),
                              ("users/teams", ".page-head button"), ("users/tenants", "tbody .row-buttons button"), ("usage", ".card-head button")):
            opened.go(f"/app/{path}")
            opened.page.locator(opening).first.click()
            opened.page.locator("dialog[open]").wait_for()
            judge(f"{path} {opening}")
        opened.go("/app/settings")
        for place in range(2):
            opened.page.locator(".card .setting button:not(.quiet)").nth(place).wait_for()
        assert told == {}
