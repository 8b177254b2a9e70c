"""Where plugins take plays: authenticates, reads the body, limits, and hands each plugin its toolkit.

Jellyfin says `text/plain`, others nothing at all: a body is tried as JSON whatever its Content-Type, then as a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, g, request

from goscrobble.domain.drafts import Playing, ScrobbleDraft
from goscrobble.domain.scrobbles import Outcome
from goscrobble.errors import BadInput
from goscrobble.plugins import PluginSettings
from goscrobble.plugins.declarations import Ingress, PluginRecord
from goscrobble.services import ingest, playback
from goscrobble.services import settings as runtime_settings
from goscrobble.services.core import Core
from goscrobble.web import auth, limits
from goscrobble.web.body import parse_json

ROOT = "/api/v1/ingress"
_MOST_FIELDS = 1000


def register(app: Flask, core: Core) -> None:
    """Ask every loaded plugin for its routes and mount them."""

    def mount(record: PluginRecord, answer: Sequence[Ingress]) -> None:
        for ingress in answer:
            _mount(app, record, ingress)

    core.plugins.collect("register_blueprints", mount, toolkit=lambda record: RequestToolkit(core, record.name))


def _mount(app: Flask, record: PluginRecord, ingress: Ingress) -> None:
    prefix = f"{ROOT}/{record.name}"

    def before() -> None:
        if request.method != "OPTIONS":
            _admit(record.name, ingress)

    record.mounts.append(prefix)  # first: what is mounted in part is behind the gate too
    ingress.blueprint.before_request(before)
    app.register_blueprint(ingress.blueprint, url_prefix=prefix)


def _admit(plugin: str, ingress: Ingress) -> None:
    """Find out who sends, read the body, and take a token from the right bucket.

    A stranger's body is looked into only where it may hold the credential itself.
    """
    if "Authorization" in request.headers or "key" in request.args:
        auth.identify_ingress(None)
    payload: Any = None
    problem: BadInput | None = None
    try:
        payload = read_payload(request.get_data(cache=True), ingress)
    except BadInput as error:
        problem = error
    key = payload.get("key") if isinstance(payload, dict) else None
    g.ingress_auth = auth.identify_ingress(key if isinstance(key, str) else None)
    limits.spend("events" if problem is None and ingress.is_event(payload) else "light")
    if problem is not None:
        raise problem
    g.ingress_plugin = plugin
    g.ingress_payload = payload


def read_payload(raw: bytes, ingress: Ingress) -> Any:
    """Return a body as JSON, else mended, else as a form's fields. Raises BadInput where no reading saves it."""
    try:
        payload = parse_json(raw, lenient_strings=True)
    except BadInput as error:
        payload = _mended(raw, ingress) or _form(raw)
        if payload is None:
            raise BadInput(str(error)) from None
    if not isinstance(payload, dict | list) or payload == []:
        raise BadInput("Invalid JSON: an object was expected")
    return payload


def _mended(raw: bytes, ingress: Ingress) -> Any:
    if ingress.repair is None:
        return None
    try:
        return parse_json(ingress.repair(raw.decode("utf-8")), lenient_strings=True)
    except (BadInput, UnicodeDecodeError):
        return None


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
        return ingest.submit(self._core, self._account_id, drafts, source=self._plugin, voice=self._voice)

    def observe(self, event: Playing) -> list[Outcome]:
        """Note what a player of the request's listener does."""
        return playback.observe(self._core, self._account_id, event, source=self._plugin, voice=self._voice)

    @property
    def _account_id(self) -> int:
        account_id: int = g.ingress_auth.account.id
        return account_id

    @property
    def _voice(self) -> str:
        """Which connection speaks: each token is one, and the account itself is another."""
        return g.ingress_auth.token_uuid or "account"
