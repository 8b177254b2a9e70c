"""Where plugins take plays: authenticates, reads the body, limits, and hands each plugin its toolkit.

Jellyfin says `text/plain`, others nothing at all: a body is tried as JSON whatever its Content-Type, then as a form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from flask import Flask, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import Rule

from goscrobble.domain.accounts import Account
from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.domain.scrobbles import Outcome
from goscrobble.domain.sentences import ended
from goscrobble.errors import BadInput, NotAllowed
from goscrobble.plugins import PluginSettings
from goscrobble.plugins.checks import as_routes
from goscrobble.plugins.declarations import Ingress, PluginRecord, Routes
from goscrobble.plugins.host import Refused
from goscrobble.plugins.toolkit import SourceAccount
from goscrobble.services import settings as runtime_settings
from goscrobble.services import sources
from goscrobble.services.core import Core
from goscrobble.services.source_accounts import Connected
from goscrobble.threads import off_the_hub
from goscrobble.web import auth, current_core, gate, limits, security, sessions
from goscrobble.web.body import AT_ONCE, MAX_BYTES, parse_aside

T = TypeVar("T")

ROOT = "/api/v1/ingress"
TRACK_NOTED_EVERY = 3600.0  # seconds: players tell of one that cannot be used again and again while it plays
MULTIPART = "multipart/form-data"
REFUSAL_NOTED_EVERY = 10.0  # seconds: a player that is refused again and again costs no write each time
_PATH = re.compile(r"(?:/[a-z0-9_.~-]+)+")
_MOST_REMEMBERED = 5000
_MOST_FIELDS = 1000


def register(app: Flask, core: Core) -> None:
    """Ask every loaded plugin for its routes and mount them."""
    own = list(app.url_map.iter_rules())

    def mount(record: PluginRecord, answer: Sequence[Ingress | Routes]) -> None:
        with gate.owned_by(app, record.name):
            for routes in as_routes(answer):
                if isinstance(routes, Ingress):
                    _mount_ingress(app, core, record, routes)
                else:
                    _mount_routes(app, core, record, routes, own)

    core.plugins.collect("register_blueprints", mount, toolkit=lambda record: RequestToolkit(core, record.name))


def _mount_ingress(app: Flask, core: Core, record: PluginRecord, ingress: Ingress) -> None:
    prefix = f"{ROOT}/{record.name}"

    def before() -> None:
        g.plugin = record.name
        if request.method != "OPTIONS":
            _admit(core, record.name, ingress)

    record.mounts.append(prefix)  # first: what is mounted in part is told of too
    ingress.blueprint.before_request(before)
    ingress.blueprint.after_request(_note_refusal)
    app.register_blueprint(ingress.blueprint, url_prefix=prefix)


def _mount_routes(app: Flask, core: Core, record: PluginRecord, routes: Routes, own: Sequence[Rule]) -> None:
    """Mount any other routes. Raises Refused for a path that is the server's own or another plugin's."""
    path = routes.at
    if not _PATH.fullmatch(path):
        raise Refused(f"It wants the path {path!r}, which is none; its author must choose one like /{record.name}.")
    if any(_is_met(path, rule) for rule in own) or _overlap(path, ROOT):
        raise Refused(f"It wants the path {path}, which is the server's own; its author must choose another.")
    for other in core.plugins.records.values():
        if other is not record and any(_overlap(path, mount) for mount in other.mounts):
            raise Refused(f"It wants the path {path}, which the plugin {other.name} has already; remove one of them.")

    def before() -> None:
        g.plugin = record.name
        if "Authorization" not in request.headers and sessions.COOKIE in request.cookies:
            security.check_origin()  # a browser sends its cookie with a form of any site

    record.mounts.append(path)
    routes.blueprint.before_request(before)
    app.register_blueprint(routes.blueprint, url_prefix=path)


def _is_met(path: str, rule: Rule) -> bool:
    """Whether the rule matches this path or one below it: a parameter may stand for any part that it takes."""
    wanted, known = path.strip("/").split("/"), rule.rule.strip("/").split("/")
    for i, part in enumerate(known):
        if "<path:" in part or i == len(wanted):
            return True
        if not re.fullmatch(re.sub(r"<[^>]*>", ".+", part), wanted[i]):
            return False
    return len(known) == len(wanted)


def _overlap(path: str, known: str) -> bool:
    """Whether one of these is the other or lies below it."""
    return known == path or known.startswith(f"{path}/") or path.startswith(f"{known}/")


def _admit(core: Core, plugin: str, ingress: Ingress) -> None:
    """Find out who sends and by which connection, read the body, and take a token from the right bucket.

    A stranger's body is looked into only where it may hold the credential itself.
    """
    is_stranger = "Authorization" not in request.headers and "key" not in request.args
    if is_stranger:
        limits.spend_on_strangers_body()
    else:
        auth.identify_ingress(None)
    payload: Any = None
    problem: BadInput | None = None
    try:
        payload = _multipart() if request.mimetype == MULTIPART else read_payload(request.get_data(cache=True), ingress)
    except BadInput as error:
        problem = error
    except RequestEntityTooLarge:
        if not is_stranger:
            raise  # else what is missing is the key, where it can be found
    key = payload.get("key") if isinstance(payload, dict) else None
    context = g.ingress_auth = auth.identify_ingress(key if isinstance(key, str) else None)
    voice, name = context.token_uuid or sources.ACCOUNT, context.token_name or "Signed in without an API token"
    g.source = sources.heard_from(core, context.account.id, plugin, voice, name)
    limits.spend("events" if problem is None and ingress.is_event(payload) else "light")
    if problem is not None:
        raise problem
    if g.source.is_paused:
        raise NotAllowed("This connection is paused; its owner can resume it in the settings")
    g.ingress_payload = payload


def _note_refusal(response: Response) -> Response:
    """Let the owner of a connection read why a request of it came to nothing, unless the plays themselves say so."""
    if response.status_code < HTTPStatus.BAD_REQUEST or "source" not in g or "plays_told" in g:
        return response
    told = response.get_json(silent=True) if response.is_json else None
    sentence = g.get("refusal") or (told.get("error") if isinstance(told, dict) else None) or ""
    core, now = current_core(), current_core().now()
    event = SourceEvent(int(now), g.get("refused", ""), EventOutcome.REFUSED, ended(sentence))
    noted: dict[tuple[int, str, str], float] = core.database.caches.setdefault("refusals", {})
    key = (g.source.id, event.what, sentence)
    if now - noted.get(key, 0.0) >= (TRACK_NOTED_EVERY if event.what else REFUSAL_NOTED_EVERY):
        if len(noted) >= _MOST_REMEMBERED:
            noted.clear()
        noted[key] = now
        if not event.what or not _is_noted(core, event):
            sources.note(core, g.source, event)
    return response


def _is_noted(core: Core, event: SourceEvent) -> bool:
    """Return whether another worker has noted the same of the same track."""
    return any(
        (one.what, one.outcome, one.reason) == (event.what, event.outcome, event.reason)
        and event.at - one.at < TRACK_NOTED_EVERY
        for one in sources.events(core, g.source)
    )


def read_payload(raw: bytes, ingress: Ingress) -> Any:
    """Return a body as JSON, else mended, else as a form's fields. Raises BadInput where no reading saves it."""
    try:
        payload = parse_aside(raw, lenient_strings=True)
    except BadInput as error:
        payload = _mended(raw, ingress) or _form(raw)
        if payload is None:
            raise BadInput(str(error)) from None
    if not isinstance(payload, dict | list) or payload == []:
        raise BadInput("Invalid JSON: an object was expected")
    return payload


def _multipart() -> dict[str, str]:
    """Return the fields of a multipart form; its files are nobody's. Raises BadInput for one that cannot be read."""
    try:
        fields = request.form.to_dict()
    except RequestEntityTooLarge:
        if request.content_length is None or request.content_length > MAX_BYTES:
            raise
        fields = {}  # more or larger fields than a form may have
    if not fields:
        raise BadInput("The multipart form holds no field that can be read")
    return fields


def _mended(raw: bytes, ingress: Ingress) -> Any:
    if ingress.repair is None or raw.lstrip()[:1] not in {b"{", b"["}:
        return None  # what begins like this is no template's JSON
    try:
        return parse_aside(_repaired(raw.decode("utf-8"), ingress.repair), lenient_strings=True)
    except (BadInput, UnicodeDecodeError):
        return None


def _repaired(text: str, repair: Callable[[str], str]) -> str:
    return repair(text) if len(text) <= AT_ONCE else off_the_hub(repair, text)


def _form(raw: bytes) -> dict[str, str] | None:
    """Return an urlencoded form's fields, None if it is none."""
    if raw.lstrip()[:1] in {b"{", b"[", b""} or b"=" not in raw:
        return None
    try:
        return dict(
            parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        return None


class SignedIn:
    """Somebody who is signed in with a browser (see `goscrobble.plugins.toolkit.Visitor`)."""

    def __init__(self, core: Core, plugin: str, account: Account, session: str) -> None:
        self._core = core
        self._plugin = plugin
        self._account = account
        self.session = session

    @property
    def username(self) -> str:
        """Who it is."""
        return self._account.username

    @property
    def person(self) -> str:
        """The UUID of their account."""
        return self._account.uuid

    def source_accounts(self) -> list[SourceAccount]:
        """Return their connections to this plugin, oldest first."""
        rows = sources.list_all(self._core, self._account)
        return [Connected(self._core, row, self.username) for row in rows if row.plugin == self._plugin]


class RequestToolkit:
    """The toolkit of one plugin (see `goscrobble.plugins.toolkit`), for requests of its ingress."""

    def __init__(self, core: Core, plugin: str) -> None:
        self._core = core
        self._plugin = plugin

    def payload(self) -> Any:
        """Return the request's body."""
        return g.ingress_payload

    def now(self) -> float:
        """Return the time, Unix seconds."""
        return self._core.now()

    def settings(self) -> PluginSettings:
        """Return the plugin's settings."""
        return runtime_settings.plugin(self._core, self._plugin)

    def submit(self, drafts: Sequence[ScrobbleDraft]) -> list[Outcome]:
        """Store listens of the request's listener."""
        outcomes = self.source_account().submit(drafts)
        g.plays_told = True
        return outcomes

    def observe(self, event: Playing) -> list[Outcome]:
        """Note what a player of the request's listener does."""
        outcomes = self.source_account().observe(event)
        g.plays_told = True
        return outcomes

    def ignore(self, reason: str, what: str = "") -> None:
        """Note for the listener why nothing is made of this request."""
        self.source_account().note(EventOutcome.IGNORED, reason, what)

    def source_account(self) -> Connected:
        """Return the connection that this request came by."""
        return Connected(self._core, g.source, g.ingress_auth.account.username)

    def public_url(self, path: str) -> str:
        """Return the address of a path of this server, as people reach it."""
        return f"{self._core.settings.public_url}{path}"

    def visitor(self) -> SignedIn | None:
        """Return who is signed in with the browser that sends this request."""
        account, name = sessions.current(), sessions.name()
        return None if account is None or name is None else SignedIn(self._core, self._plugin, account, name)

    def read(self) -> AbstractContextManager[Any]:
        """Give a database connection to read with."""
        return self._core.database.read()

    def write(self, work: Callable[[Any], T]) -> T:
        """Run `work(connection)` in one transaction."""
        return self._core.database.write(work)
