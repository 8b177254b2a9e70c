"""A form is no way round the limits of the API: what is sent to a page costs what its twin of the API costs."""

import pytest

from goscrobble.app import create_app
from goscrobble.testing import make_account, make_settings
from goscrobble.web.limits import tier_of

API = "/api/v1"
TWINS = {  # every address that takes a form: the call of the API that does the same; None: there is none
    "/admin/jobs/<job>/discard": f"{API}/admin/jobs/<int:job_id>",
    "/admin/jobs/<job>/retry": f"{API}/admin/jobs/<int:job_id>/retry",
    "/admin/mail/test": f"{API}/admin/mail/test",
    "/admin/plugins/<name>/reset": f"{API}/admin/plugins/<name>/reset",
    "/admin/plugins/<name>/settings": f"{API}/admin/plugins/<name>",
    "/admin/plugins/<name>/switch": f"{API}/admin/plugins/<name>",
    "/admin/settings": f"{API}/config",
    "/admin/users/<username>": f"{API}/admin/users/<username>",
    "/admin/users/<username>/delete": f"{API}/admin/users/<username>",
    "/admin/users/<username>/reset-link": f"{API}/admin/users/<username>/reset-link",
    "/covers/<any(artist, album):kind>/<uuid:uuid>": f"{API}/artists/<uuid:entry>/cover",
    "/login": f"{API}/login",
    "/logout": None,
    "/register": f"{API}/register",
    "/reset": f"{API}/sendreset",
    "/reset/password": f"{API}/resetpassword",
    "/settings/connections/<connection>/answer": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/disconnect": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/name": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/pause": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/poll": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/reconnect": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/resume": f"{API}/user/sources/<source_id>",
    "/settings/connections/<connection>/settings": f"{API}/user/sources/<source_id>",
    "/settings/delete": f"{API}/user",
    "/settings/email": f"{API}/user",
    "/settings/listening": f"{API}/user",
    "/settings/password": f"{API}/user",
    "/settings/sessions/end": f"{API}/user/sessions",
    "/settings/sources/<key>": f"{API}/user/sources/<plugin>",
    "/settings/tokens": f"{API}/user/tokens",
    "/settings/tokens/<token>/revoke": f"{API}/user/tokens/<uuid>",
    "/theme": None,
    "/u/<username>/history/<play>": f"{API}/scrobbles/<play_id>",
    "/u/<username>/history/<play>/delete": f"{API}/scrobbles/<play_id>",
    "/u/<username>/history/<play>/restore": f"{API}/scrobbles/<play_id>/restore",
    "/u/<username>/history/<play>/undo": f"{API}/scrobbles/<play_id>/restore",
}
CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def tiers(app):
    """The tier of everything that changes something, by the rule of its address."""
    found = {}
    for rule in app.url_map.iter_rules():
        for method in rule.methods & CHANGES:
            found.setdefault(rule.rule, set()).add(tier_of(app, rule.endpoint, method, rule.rule))
    return found


def test_every_form_costs_what_its_twin_costs(app):
    found = tiers(app)
    forms = {rule: tier for rule, tier in found.items() if not rule.startswith("/api/")}
    assert forms.keys() == TWINS.keys()
    expected = {form: {"standard"} if twin is None else found[twin] for form, twin in TWINS.items()}
    assert forms == expected
    assert forms["/register"] | forms["/login"] == {"heavy", "standard"}


@pytest.fixture
def limited(instance_path, database_url, clock):
    """A browser on a server with the documented limits."""
    limits = {"rate_limit_standard": "5/s burst 5", "rate_limit_heavy": "10/s burst 10"}
    app = create_app(make_settings(instance_path, database_url=database_url, **limits), clock=clock)
    make_account(app.extensions["goscrobble"], "ada")
    yield app.test_client()
    app.extensions["goscrobble"].database.close()


@pytest.mark.parametrize(("address", "allowed"), [("/login", 5), ("/reset", 10), ("/register", 10)])
def test_a_form_is_refused_where_its_twin_would_be(limited, on_sqlite, address, allowed):
    form = {"username": "ada", "password": "wrong", "email": "ada@example.org"}
    head = {"Origin": "http://localhost"}
    answers = [limited.post(address, data=form, headers=head).status_code for _ in range(allowed + 3)]
    assert answers[allowed:] == [429, 429, 429]
    assert 429 not in answers[:allowed]
