"""A plugin is uninstalled while a connection of it waits to be polled, given up, and installed again."""

from tests.operation.conftest import PATIENCE
from tests.waiting import eventually

NAME = "good"
SWITCH = {"GOOD_GREETING": "salut"}


def state(house):
    """Return how the listener's connections are."""
    return [one["state"] for one in house.call("GET", "/user/sources")[1]["sources"]]


def plugins(house):
    """Return how each plugin is."""
    return {one["name"]: one["status"] for one in house.call("GET", "/admin/plugins")[1]["plugins"]}


def titles_in_order(house):
    return sorted(house.titles())


def test_a_plugin_goes_without_its_plays_and_comes_back(install, build, service):
    wheels = build(NAME)
    house = install(wheels)
    service.plays += [house.play("Polled before"), house.play("Polled too")]
    house.serve(workers=1)
    house.join()
    house.connect(NAME, source=1, settings={"address": service.url})
    address = house.connect(NAME)["address"]
    assert house.call("POST", address, house.play("Posted before")) == (200, {"message": "hello"})
    assert house.call("POST", "/config", SWITCH)[0] == 200
    plays = ["Polled before", "Polled too", "Posted before"]
    eventually(lambda: titles_in_order(house) == plays, PATIENCE)
    eventually(lambda: state(house) == ["active", "active"], PATIENCE)

    house.stop()
    house.uninstall("goscrobble-good")
    house.serve(workers=1)
    assert NAME not in plugins(house)
    assert state(house) == ["off", "off"]
    assert house.call("POST", address, house.play("Refused"))[0] == 404
    assert titles_in_order(house) == plays

    printed = house.goscrobble("plugins", "purge", NAME, "--yes")
    assert sorted(printed.splitlines()) == [
        "2 connections of listeners",
        "Nothing of good is left but the plays it told.",
        "setting GOOD_GREETING",
        "table plugin_good_alembic_version",
        "table plugin_good_seen",
    ]
    assert state(house) == []
    assert titles_in_order(house) == plays

    house.stop()
    house.install(wheels[NAME])
    house.serve(workers=1)
    assert plugins(house)[NAME] == "enabled"
    house.connect(NAME, source=1, settings={"address": service.url})
    address = house.connect(NAME)["address"]
    service.plays.append(house.play("Polled after"))
    assert house.call("POST", address, house.play("Posted after")) == (200, {"message": "hello"}), "as by default"
    eventually(lambda: titles_in_order(house) == sorted([*plays, "Polled after", "Posted after"]), PATIENCE)
    house.stop()
