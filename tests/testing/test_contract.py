"""A contract is worth as much as the plugins it refuses."""

import importlib
import inspect
import sys
import textwrap
import types

import pytest

from goscrobble.testing import PollerContract, SourceContract

GOOD = {"title": "Roygbiv", "at": 1_780_311_600, "by": {"name": "Boards of Canada"}}
HONEST = """
    from flask import Blueprint
    from pydantic import BaseModel, Field, ValidationError

    from goscrobble.plugins import (
        BadInput, Ingress, PluginSettings, Rejected, ScrobbleDraft, Source, SourceSettings, hookimpl,
    )

    class Settings(PluginSettings):
        most: int = Field(9, description="How many.")

    class Fields(SourceSettings):
        deck: str = Field("", description="Which deck.")

    class Artist(BaseModel):
        name: str

    class Play(BaseModel):
        title: str
        at: int
        by: Artist

    @hookimpl
    def register_config():
        return Settings

    @hookimpl
    def register_sources():
        return [Source("Deck", "A deck.", steps=("Copy {url}.",), settings=Fields)]

    @hookimpl
    def register_blueprints(toolkit):
        blueprint = Blueprint("deck", __name__)

        @blueprint.post("")
        def receive():
            try:
                play = Play.model_validate(toolkit.payload())
            except ValidationError:
                raise BadInput("That is no play") from None
            draft = ScrobbleDraft(title=play.title, artists=(play.by.name,), played_at=play.at)
            [outcome] = toolkit.submit([draft])
            if isinstance(outcome, Rejected):
                raise BadInput(outcome.reason)
            return {"message": "success"}

        return [Ingress(blueprint)]
"""
TESTS = sorted(name for name in dir(SourceContract) if name.startswith("test_"))
# What a careless author may write instead, the test that finds it, and what that says.
CARELESS = {
    "an import that fails": (
        "from flask import Blueprint",
        "from flask import Blueprints",
        "test_it_loads_without_a_fault",
        "the plugin is failed_to_load: It cannot be imported",
    ),
    "a setting without a description": (
        'Field(9, description="How many.")',
        "9",
        "test_every_setting_and_field_has_a_description",
        "Settings.most has no description",
    ),
    "a field without a description": (
        'Field("", description="Which deck.")',
        '""',
        "test_every_setting_and_field_has_a_description",
        "Fields.deck has no description",
    ),
    "steps without the address": (
        "Copy {url}.",
        "Guess.",
        "test_its_settings_page_says_what_to_do",
        "must show the address",
    ),
    "a look inside": (
        "from flask import Blueprint",
        "import goscrobble.services.core; from flask import Blueprint",
        "test_it_imports_nothing_of_goscrobble_but_the_plugin_api",
        r"goscrobble_deck\.py, line 3: goscrobble\.services\.core",
    ),
    "a look inside the plugin API": (
        "from flask import Blueprint",
        "from goscrobble.plugins import host; from flask import Blueprint",
        "test_it_imports_nothing_of_goscrobble_but_the_plugin_api",
        "goscrobble.plugins.host",
    ),
    "nothing is stored": (
        "toolkit.submit([draft])",
        "[None]",
        "test_a_good_payload_is_one_play",
        "there should be one play and there are 0",
    ),
    "what is stored twice": (
        "toolkit.submit([draft])",
        "toolkit.submit([draft, draft.model_copy(update={'title': 'Olson'})])[:1]",
        "test_a_good_payload_is_one_play",
        "there are 2",
    ),
    "a time of its own": (
        "played_at=play.at",
        "played_at=__import__('itertools').count(play.at, 900).__next__() + 900 * len(seen.append(1) or seen)",
        "test_the_same_payload_again_adds_nothing",
        "there are 3",
    ),
    "a bad payload that is taken": (
        'raise BadInput("That is no play") from None',
        'return {"message": "thank you"}',
        "test_a_bad_payload_is_refused_with_a_sentence",
        "was answered 200 instead of 400",
    ),
    "a key that is taken for granted": (
        'raise BadInput("That is no play") from None',
        'return toolkit.payload()["title"]',
        "test_no_payload_is_a_failure_of_the_server",
        "was answered 500 instead of 400",
    ),
    "a refusal without a sentence": (
        'raise BadInput("That is no play") from None',
        "return {}, 400",
        "test_a_bad_payload_is_refused_with_a_sentence",
        "was refused without one sentence",
    ),
}


POLLED = """
    import itertools

    from pydantic import Field

    from goscrobble.plugins import Polled, Poller, RetryLater, ScrobbleDraft, Source, SourceSettings, hookimpl

    class Fields(SourceSettings):
        first: int = Field(0, description="When the first play was, Unix seconds.")

    numbers = itertools.count()

    def poll(account):
        since = int(account.cursor or account.settings.first)
        times = range(since, account.settings.first + 1800, 600)
        return Polled([ScrobbleDraft(title="Olson", artists=("BoC",), played_at=at) for at in times], cursor=str(since + 1800))

    @hookimpl
    def register_sources():
        return [Source("Deck", "A deck.", settings=Fields)]

    @hookimpl
    def register_pollers():
        return [Poller(poll)]
"""
TESTS_OF_POLLERS = sorted(name for name in dir(PollerContract) if name.startswith("test_"))
CARELESS_POLLERS = {
    "an exception": (
        "since = ",
        "1 / 0; since = ",
        "test_a_poll_brings_the_plays",
        "the plugin raised ZeroDivisionError",
    ),
    "a service that is away": (
        "since = ",
        "raise RetryLater('It is away'); since = ",
        "test_a_poll_brings_the_plays",
        "the poll did not succeed: It is away",
    ),
    "nothing": ("for at in times]", "for at in ()]", "test_a_poll_brings_the_plays", "the poll brought no play"),
    "a clock of its own": (
        "played_at=at",
        "played_at=int(account.now())",
        "test_polling_from_the_start_again_adds_nothing",
        "these plays were added by polling again",
    ),
    "no cursor, and a name that changes": (
        'title="Olson", artists=("BoC",), played_at=at) for at in times], cursor=str(since + 1800)',
        'title=f"Olson {next(numbers)}", artists=("BoC",), played_at=at) for at in times]',
        "test_the_next_poll_adds_nothing",
        "these plays were added by polling again",
    ),
    "a second poll that fails": (
        "since = ",
        "since = int(account.cursor) // 0 if account.cursor else ",
        "test_the_next_poll_adds_nothing",
        "the second poll did not succeed: The plugin failed",
    ),
}


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Make a plugin of this source code, also of one that cannot be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(code):
        file = tmp_path / "goscrobble_deck.py"
        file.write_text("seen = []\n" + textwrap.dedent(code))
        if "Blueprints" not in code:
            return importlib.import_module("goscrobble_deck")
        broken = types.ModuleType("goscrobble_deck")
        broken.__file__ = str(file)
        return broken

    yield make
    sys.modules.pop("goscrobble_deck", None)


def run(contract, name, server, **settings):
    """Run one test of a contract as pytest would."""
    test = getattr(contract(), name)
    listener = server.listener()
    values = {"server": server, "listener": listener}
    if server.plugins[0].fault is None:
        values["connection"] = listener.connect(**settings)
    test(**{name: values[name] for name in inspect.signature(test).parameters})


@pytest.fixture
def contract(module, goscrobble_server):
    """Run one test of the contract for sources on a plugin of this source code."""

    def check(code, name):
        class Contract(SourceContract):
            plugin = module(code)
            good = GOOD
            bad = (GOOD | {"at": None}, GOOD | {"title": "", "by": {"name": 5}})

        run(Contract, name, goscrobble_server(Contract.plugin))

    return check


@pytest.fixture
def poller_contract(module, goscrobble_server):
    """Run one test of the contract for pollers on a plugin of this source code."""

    def check(code, name):
        class Contract(PollerContract):
            plugin = module(code)

        run(Contract, name, goscrobble_server(Contract.plugin), first=GOOD["at"])

    return check


@pytest.mark.parametrize("name", TESTS_OF_POLLERS)
def test_an_honest_poller_passes(poller_contract, name):
    poller_contract(POLLED, name)


@pytest.mark.parametrize("mistake", CARELESS_POLLERS)
def test_a_careless_poller_is_found_out(poller_contract, mistake):
    right, wrong, name, sentence = CARELESS_POLLERS[mistake]
    assert right in POLLED
    with pytest.raises(pytest.fail.Exception, match=sentence):
        poller_contract(POLLED.replace(right, wrong), name)


@pytest.mark.parametrize("name", TESTS)
def test_an_honest_plugin_passes(contract, name):
    contract(HONEST, name)


@pytest.mark.parametrize("mistake", CARELESS)
def test_a_careless_plugin_is_found_out(contract, mistake):
    right, wrong, name, sentence = CARELESS[mistake]
    assert right in HONEST
    with pytest.raises(pytest.fail.Exception, match=sentence):
        contract(HONEST.replace(right, wrong), name)


def test_a_contract_asks_for_bad_payloads(goscrobble_server):
    class Contract(SourceContract):
        bad = ()

    with pytest.raises(pytest.fail.Exception, match="name some payloads"):
        Contract().test_a_bad_payload_is_refused_with_a_sentence(None, None)
