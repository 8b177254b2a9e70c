"""What holds for every page of the administrator's."""

import re
from itertools import pairwise

import pytest

from goscrobble.services import administration
from goscrobble.testing import make_account
from tests.pages.test_frame import check_well_made

PAGES = [
    "/admin",
    "/admin/users",
    "/admin/users?search=a",
    "/admin/users/ada",
    "/admin/plugins",
    "/admin/plugins/jellyfin",
    "/admin/settings",
    "/admin/connections",
    "/admin/connections?show=trouble",
    "/admin/jobs",
    "/admin/jobs?state=dead",
    "/admin/jobs?state=running",
    "/admin/audit",
    "/admin/audit?action=plugin.disable&search=x",
    "/admin/mail",
    "/admin/mail?done=sent",
]


@pytest.fixture
def busy(core, root, ada, bury, tripped):
    """A server on which something happened."""
    bury()
    bury("tidal")
    administration.switch_plugin(core, root, "multiscrobbler", False)


def rules(app, method):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.admin.") and method in rule.methods:
            yield re.sub(r"<[^>]+>", "jellyfin", rule.rule)


def test_every_page_is_among_those_that_are_tested(app):
    tested = {re.sub(r"/(ada|jellyfin)$", "/jellyfin", path.partition("?")[0]) for path in PAGES}
    assert set(rules(app, "GET")) == tested


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_made(admin, busy, path):
    page = admin.get(path)
    assert page.status == 200
    check_well_made(page)
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch(r"h[1-6]", e.tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.headers["Cache-Control"] == "no-store"
    (menu,) = [a for a in page.all("a", href="/admin") if a.text == "Administration"]
    assert menu.attributes["aria-current"] == "page"


def test_nobody_else_sees_or_does_anything(app, signed_in, core):
    assert "Administration" not in signed_in.get("/settings").text
    for path in PAGES:
        assert (path, signed_in.get(path).status) == (path, 403)
    for path in rules(app, "POST"):
        assert (path, signed_in.post(path, decision="promote", on="0").status) == (path, 403)
    assert administration.list_entries(core).entries == []


def test_who_is_not_signed_in_is_asked_to_and_then_comes_back(app, browser, ada):
    for path in PAGES:
        page = browser.get(path)
        assert (page.status, page.location) == (303, f"/login?next={path.partition('?')[0]}")
    for path in rules(app, "POST"):
        page = browser.post(path)
        assert (path, page.status, page.location) == (path, 303, "/login?next=/admin")


def test_who_is_demoted_is_out_at_once(admin, core, root):
    administration.manage_account(core, None, make_account(core, "other"), admin=True)
    administration.manage_account(core, None, root, admin=False)
    assert admin.get("/admin").status == 403


@pytest.mark.parametrize(
    "path",
    ["/admin/users/nobody", "/admin/plugins/nothing", "/admin/nothing"],
)
def test_what_does_not_exist_is_not_found(admin, path):
    assert admin.get(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/admin/jobs?state=gone",
        "/admin/jobs?after=x",
        "/admin/audit?before=x",
        "/admin/audit?search=%00",
        "/admin/users?after=%00",
    ],
)
def test_a_list_that_cannot_be_is_refused(admin, path):
    assert admin.get(path).status == 400


def test_strangers_words_are_text(admin, core, tripped, bury):
    bury(reason="<img src=x onerror=alert(1)>")
    for path in PAGES[:3] + PAGES[4:]:
        page = admin.get(path)
        assert page.all("img") == page.all("b") == []
    assert "RuntimeError: <b>no</b>" in admin.get("/admin/plugins/jellyfin").text
    assert "<img src=x onerror=alert(1)>" in admin.get("/admin/jobs?state=dead").text
