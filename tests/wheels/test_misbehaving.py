"""One good plugin among ten that misbehave: the server serves, and says what is wrong with each."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distribution
from pathlib import Path

import pytest

from goscrobble.plugins.host import GROUP
from tests.operation.conftest import PATIENCE
from tests.waiting import eventually

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "plugins.md"
OURS = {one.name for one in distribution("goscrobble").entry_points if one.group == GROUP}
DEADLINE = 5  # seconds that a hook may take
BUSY = 10  # seconds that a machine with more to do than this may add
HOLDS_WITHIN = 2.0  # seconds in which a switch must hold in all workers
FIVE = range(1, 6)
FAULTS = {
    "broken": (
        "failed_to_load: It cannot be imported (ModuleNotFoundError: No module named 'libscrobble_of_1999'); "
        "update or remove the package goscrobble-broken."
    ),
    "good (goscrobble_impostor)": (
        "blocked: Another plugin is already called good (goscrobble-good); remove one of them."
    ),
    "miscounted": (
        "bad_config: [plugins.miscounted] size must be a whole number; "
        "mend goscrobble.toml, plugins/miscounted.toml or the environment and restart."
    ),
    "mistyped": (
        'bad_config: [plugins.mistyped] intervall is not known, did you mean "interval"?; '
        "mend goscrobble.toml, plugins/mistyped.toml or the environment and restart."
    ),
    "squatter": "blocked: It wants the path /good, which the plugin good has already; remove one of them.",
    "stumbles": (
        "failed_to_load: Its hook register_blueprints failed (LookupError: no template for my page); "
        "update or remove the package goscrobble-stumbles."
    ),
    "unreadable": (
        "bad_config: INSTANCE/plugins/unreadable.toml cannot be read: "
        "Illegal character '\\n' (at line 1, column 15); mend it and restart."
    ),
}
WELL = ("computes", "good", "raises", "sleeps")


@pytest.fixture(scope="module")
def house(install, build, every_plugin):
    """Everything installed, configured as badly as can be, and served."""
    house = install(build(*every_plugin))
    (house.instance / "goscrobble.toml").write_text('[plugins.miscounted]\nsize = "many"\n')
    (house.instance / "plugins").mkdir()
    (house.instance / "plugins" / "mistyped.toml").write_text("intervall = 30\n")
    (house.instance / "plugins" / "unreadable.toml").write_text('word = "nobody\n')
    house.serve()
    house.join()
    yield house
    house.stop()


@pytest.fixture(scope="module")
def address(house):
    """Where the good plugin takes plays."""
    return house.connect("good")["address"]


@pytest.fixture(scope="module")
def polled(house, service):
    """The connection that the good plugin polls."""
    return house.connect("good", source=1, settings={"address": service.url})


def post(house, address, title):
    """Post a play; returns the status and the seconds it took."""
    began = time.monotonic()
    status, answer = house.call("POST", address, house.play(title))
    assert (status, answer) == (200, {"message": "hello"}), title
    return time.monotonic() - began


def post_five(house, address, word):
    """Post five plays at once; returns the seconds that each took."""
    with ThreadPoolExecutor(5) as pool:
        return list(pool.map(lambda number: post(house, address, f"{word} {number}"), FIVE))


@pytest.fixture(scope="module")
def trip_raises(house, address):
    """Post five plays while a plugin raises in every hook; returns the seconds that each took."""

    def trip():
        return [post(house, address, f"Raise {time.monotonic_ns()}") for _ in FIVE]

    return trip


@pytest.fixture(scope="module")
def raised(trip_raises):
    return trip_raises()


@pytest.fixture(scope="module")
def slept(house, address):
    """Seconds that plays took on which a hook sleeps."""
    return post_five(house, address, "Sleep")


@pytest.fixture(scope="module")
def computed(house, address):
    """Seconds that the first play took on which a hook computes for ever; there were four more."""
    seconds = post(house, address, "Compute 0")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: post(house, address, f"Compute {number}"), FIVE[:4]))
    return seconds


def statuses(house):
    """Return name and status of all plugins as the administrator's API tells them, from both workers."""
    answers = house.everywhere("/api/v1/admin/plugins")
    return [{one["name"]: one["status"] for one in json.loads(text)["plugins"]} for _, text in answers]


def is_everywhere(house, name, status):
    return all(found[name] == status for found in statuses(house))


def pages(house):
    """Return the statuses with which both workers answer the good plugin's page."""
    return [status for status, _ in house.everywhere("/good/titles")]


def fault(house, plugin):
    """Return status and sentence as `FAULTS` has them."""
    return f"{plugin['status']}: {plugin['error']}".replace(str(house.instance), "INSTANCE")


def failures(house, name):
    """Return how often each hook of a plugin raised."""
    status, answer = house.call("GET", f"/admin/plugins/{name}")
    assert status == 200
    return {one["hook"]: one["count"] for one in answer["failures"]}


# ---- all at once ----


def test_the_server_serves_with_all_of_them_and_says_of_each_what_is_wrong(house):
    found = {name: fault(house, plugin) for name, plugin in house.plugins().items()}
    assert found.keys() == {*FAULTS, *WELL, *OURS}
    assert {name: found[name] for name in FAULTS} == FAULTS
    assert found["good"] == "enabled: "
    assert {found[name] for name in OURS} <= {"enabled: ", "disabled: "}


def test_the_administrators_api_tells_the_same(house):
    status, answer = house.call("GET", "/admin/plugins")
    assert status == 200
    found = {one["name"]: one for one in answer["plugins"]}
    assert {name: fault(house, found[name]) for name in FAULTS} == FAULTS
    assert {name: found[name]["enabled"] for name in (*FAULTS, *WELL)} == dict.fromkeys(FAULTS, False) | dict.fromkeys(
        WELL, True
    )


def test_the_command_line_shows_one_with_its_sentence(house):
    lines = house.goscrobble("plugins", "show", "good (goscrobble_impostor)").splitlines()
    status, _, sentence = FAULTS["good (goscrobble_impostor)"].partition(": ")
    assert {f"status: {status}", f"error: {sentence}", "distribution: goscrobble-impostor"} <= set(lines)


def test_the_documentation_shows_what_the_command_prints(house, raised, slept, computed):
    shown = re.search(r"^\$ goscrobble plugins list\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    printed = house.goscrobble("plugins", "list").replace(str(house.instance), "instance")
    assert of_strangers(shown[1]) == of_strangers(printed)


def of_strangers(text):
    """Return the table's rows, without times and but for our own plugins, which are more with each version."""
    timeless = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "TIME", text.rstrip())
    rows = [re.split(r" {2,}", line) for line in timeless.splitlines()]  # how wide a column is depends on ours too
    return [row for row in rows if row[0] not in OURS]


# ---- the good one ----


def test_the_good_one_takes_plays_and_keeps_what_it_wants_in_its_table(house, address):
    post(house, address, "By webhook <1>")
    assert "By webhook <1>" in house.titles()
    assert [(status, "<li>By webhook &lt;1&gt;</li>" in text) for status, text in house.everywhere("/good/titles")] == [
        (200, True)
    ] * 2


def test_the_good_one_polls(house, service, polled):
    service.plays.append(house.play("By poll"))
    eventually(lambda: "By poll" in house.titles(), PATIENCE)
    (found,) = [one for one in house.call("GET", "/user/sources")[1]["sources"] if one["id"] == polled["id"]]
    assert (found["state"], found["problem"]) == ("active", None)


def test_a_setting_of_the_good_one_changes_what_it_does_in_all_workers_within_two_seconds(house, address):
    def greetings():
        return [text.partition("\n")[0] for _, text in house.everywhere("/good/titles")]

    assert greetings() == ["hello", "hello"]
    assert house.call("POST", "/config", {"GOOD_GREETING": "salut"})[0] == 200
    try:
        eventually(lambda: greetings() == ["salut", "salut"], HOLDS_WITHIN)
        assert house.call("POST", address, house.play("Greeted")) == (200, {"message": "salut"})
    finally:
        assert house.call("POST", "/config", {"GOOD_GREETING": "hello"})[0] == 200
    eventually(lambda: greetings() == ["hello", "hello"], HOLDS_WITHIN)


def test_a_plugin_is_switched_off_and_on_in_all_workers_within_two_seconds(house, address, service, polled):
    assert pages(house) == [200, 200]
    house.goscrobble("plugins", "disable", "good")
    try:
        eventually(lambda: pages(house) == [404, 404], HOLDS_WITHIN)
        asked = service.asked
        began = time.monotonic()
        while time.monotonic() - began < 2.5:  # two more polls would have been due
            assert house.call("POST", address, house.play("Refused")) == (
                404,
                {"error": "The plugin good is switched off"},
            )
        assert service.asked <= asked + 1, "but for one that was under way"
        assert statuses(house)[0]["good"] == "disabled"
    finally:
        assert house.call("PATCH", "/admin/plugins/good", {"enabled": True})[0] == 200
    eventually(lambda: pages(house) == [200, 200], HOLDS_WITHIN)
    asked = service.asked
    eventually(lambda: service.asked > asked, PATIENCE)
    assert "Refused" not in house.titles()


# ---- the bad ones ----


def test_one_that_raises_in_every_hook_hurts_nobody_and_is_left_alone(house, address, raised, trip_raises):
    assert max(raised) < DEADLINE
    assert sum(title.startswith("Raise ") for title in house.titles()) >= len(FIVE)
    eventually(lambda: is_everywhere(house, "raises", "tripped"), HOLDS_WITHIN)
    before = failures(house, "raises")
    assert before.keys() >= {"prepare_draft", "reject_draft", "after_scrobble"}
    assert max(before.values()) >= len(FIVE)
    post(house, address, "After it tripped")
    assert failures(house, "raises") == before, "it was asked once more"


def test_one_that_was_left_alone_is_trusted_again_when_the_administrator_says_so(house, raised, trip_raises):
    assert house.call("POST", "/admin/plugins/raises/reset")[0] == 200
    try:
        eventually(lambda: is_everywhere(house, "raises", "enabled"), HOLDS_WITHIN)
    finally:
        trip_raises()
    eventually(lambda: is_everywhere(house, "raises", "tripped"), HOLDS_WITHIN)


def test_what_the_routes_of_a_plugin_raise_is_its_own_failure(house):
    address = house.connect("raises")["address"]
    status, answer = house.call("POST", address, {"title": "Anything"})
    assert (status, answer["error"]) == (500, "Something went wrong on our side")
    shown = house.goscrobble("plugins", "show", "raises")
    assert re.search(
        r"^failed: routes, 1 times, last: ZeroDivisionError: receive \(goscrobble_raises\.py, receive, line \d+\)$",
        shown,
        re.MULTILINE,
    )


def test_one_that_sleeps_costs_a_play_five_seconds_and_is_left_alone(house, address, slept):
    assert [DEADLINE <= seconds < DEADLINE + BUSY for seconds in slept] == [True] * 5
    assert {f"Sleep {number}" for number in FIVE} <= set(house.titles())
    eventually(lambda: is_everywhere(house, "sleeps", "tripped"), HOLDS_WITHIN)
    assert post(house, address, "Sleep no more") < DEADLINE


def test_one_that_computes_for_ever_is_stopped_and_left_alone(house, address, computed):
    assert DEADLINE <= computed < DEADLINE + BUSY
    assert {f"Compute {number}" for number in range(5)} <= set(house.titles())
    eventually(lambda: is_everywhere(house, "computes", "tripped"), HOLDS_WITHIN)
    assert post(house, address, "Compute no more") < DEADLINE


def test_one_that_wants_anothers_path_or_name_gets_neither(house, address):
    assert [("mine" in text, status) for status, text in house.everywhere("/good/titles")] == [(False, 200)] * 2
    post(house, address, "The impostor rejects nothing")
    assert "The impostor rejects nothing" in house.titles()
