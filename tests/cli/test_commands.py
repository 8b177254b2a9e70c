import json
import re
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import text

from goscrobble.cli import cli
from goscrobble.config import Settings
from goscrobble.domain.events import EventOutcome, SourceEvent
from goscrobble.plugins.declarations import Failure
from goscrobble.services import accounts, connecting, failures, sources
from goscrobble.services import settings as runtime_settings
from goscrobble.testing import PASSWORD, make_account
from tests.cli.outcomes import refused, said

ROOT = Path(__file__).parent.parent.parent
NEW_PASSWORD = "another long sentence"


def commands(group=cli, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


# ---- all ----


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(goscrobble, path):
    out = said(goscrobble(*path, "--help"))
    assert re.search(rf"Example: .*goscrobble {' '.join(path)}", out)


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["users"], ["users", "add"], ["users", "list", "too", "much"], ["run", "--port", "0"]]
)
def test_wrong_usage_exits_with_2(goscrobble, arguments):
    assert goscrobble(*arguments).exit_code == 2


def test_a_file_that_cannot_be_read_is_a_sentence(goscrobble, instance_path):
    (instance_path / "goscrobble.toml").write_text("port = = 3")
    assert re.match(r".*goscrobble\.toml cannot be read: ", refused(goscrobble("users", "list")))


def test_a_setting_that_does_not_exist_is_a_sentence(goscrobble, instance_path):
    (instance_path / "goscrobble.toml").write_text("colour = 'blue'")
    assert "'colour'" in refused(goscrobble("users", "list"))


def test_a_folder_that_cannot_be_made_is_a_sentence(goscrobble, monkeypatch):
    monkeypatch.setenv("GOSCROBBLE_INSTANCE_PATH", "/proc/nowhere")
    assert "/proc/nowhere" in refused(goscrobble("users", "list"))


# ---- users ----


def test_the_first_account_is_an_administrator_and_can_sign_in(goscrobble, core):
    out = said(goscrobble("users", "add", "ada", "--email", "a@example.org", "--password-stdin", typed=f"{PASSWORD}\n"))
    assert out == "ada was added, as an administrator.\n"
    assert accounts.sign_in(core, "ada", PASSWORD, "127.0.0.1").is_admin


def test_without_stdin_the_password_is_asked_for_twice_and_never_shown(goscrobble, core):
    result = goscrobble("users", "add", "ada", "--email", "a@example.org", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert accounts.sign_in(core, "ada", PASSWORD, "127.0.0.1").username == "ada"


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (["ada", "--email", "b@example.org"], PASSWORD, "This username is already taken"),
        (["bob", "--email", "ada@example.org"], PASSWORD, "This e-mail address is already in use"),
        (["bob", "--email", "b@example.org"], "short", "The password must have 8 to 1024 characters"),
        (["bob", "--email", "b@example.org"], "", "There is no password on standard input."),
    ],
)
def test_an_account_that_cannot_be_added_is_a_sentence(goscrobble, core, arguments, typed, sentence):
    make_account(core, "ada")
    assert refused(goscrobble("users", "add", *arguments, "--password-stdin", typed=typed)) == sentence


def test_accounts_are_listed(goscrobble, core):
    make_account(core, "ada", admin=True)
    make_account(core, "bob", is_disabled=True, privacy="private", time_zone="Europe/Paris")
    lines = [line.split() for line in said(goscrobble("users", "list")).splitlines()]
    assert lines[1] == ["ada", "ada@example.org", "admin", "enabled", "public", "UTC"]
    assert lines[2] == ["bob", "bob@example.org", "-", "disabled", "private", "Europe/Paris"]


def test_a_password_is_replaced(goscrobble, core):
    make_account(core)
    said(goscrobble("users", "password", "ADA", "--password-stdin", typed=NEW_PASSWORD))
    assert accounts.sign_in(core, "ada", NEW_PASSWORD, "127.0.0.1").username == "ada"


def test_accounts_are_disabled_enabled_promoted_and_demoted(goscrobble, core):
    make_account(core, "root", admin=True)
    make_account(core, "bob")
    for verb, state in [
        ("disable", (True, False)),
        ("enable", (False, False)),
        ("promote", (False, True)),
        ("demote", (False, False)),
    ]:
        said(goscrobble("users", verb, "bob"))
        bob = accounts.find(core, "bob")
        assert (bob.is_disabled, bob.is_admin) == state, verb


@pytest.mark.parametrize("verb", ["demote", "disable", "delete"])
def test_the_last_administrator_stays(goscrobble, core, verb):
    make_account(core, "root", admin=True)
    assert "administrator" in refused(goscrobble("users", verb, "root", *(["--yes"] if verb == "delete" else [])))
    assert accounts.find(core, "root").is_admin


@pytest.mark.parametrize("verb", ["password", "disable", "enable", "promote", "demote", "delete"])
def test_a_user_who_does_not_exist_is_a_sentence(goscrobble, verb):
    assert refused(goscrobble("users", verb, "nobody")) == "There is no user called nobody."


def test_deleting_asks_first(goscrobble, core):
    make_account(core, "root", admin=True)
    make_account(core, "bob")
    assert goscrobble("users", "delete", "bob", typed="n\n").exit_code == 1
    assert accounts.find(core, "bob") is not None
    assert goscrobble("users", "delete", "bob", typed="y\n").exit_code == 0
    assert accounts.find(core, "bob") is None


# ---- tokens ----


def test_a_token_is_printed_alone_listed_without_its_text_and_revoked(goscrobble, core):
    make_account(core)
    token = said(goscrobble("tokens", "add", "ada", "--name", "kitchen", "--scope", "ingest,read"))
    assert re.fullmatch(r"gs_[\w-]{43}\n", token)
    _, line = said(goscrobble("tokens", "list", "ada")).splitlines()
    token_id, name, scopes, _made, used = line.split()
    assert (name, scopes, used) == ("kitchen", "ingest,read", "never")
    assert token.strip() not in line
    said(goscrobble("tokens", "revoke", "ada", token_id))
    assert refused(goscrobble("tokens", "revoke", "ada", token_id)) == "There is no such token"


def test_a_scope_that_does_not_exist_is_a_sentence(goscrobble, core):
    make_account(core)
    sentence = refused(goscrobble("tokens", "add", "ada", "--name", "x", "--scope", "everything"))
    assert sentence == "The scopes of a token are one or more of ingest, read and write"


# ---- sources ----


def test_connections_are_listed_and_steered(goscrobble, core):
    ada = make_account(core)
    made = connecting.connect(core, ada, "jellyfin", name="Kitchen")
    listed = json.loads(said(goscrobble("sources", "list", "ada", "--json")))["sources"]
    assert [(one["id"], one["plugin"], one["name"], one["state"]) for one in listed] == [
        (made.row.uuid, "jellyfin", "Kitchen", "waiting")
    ]
    assert re.search(r"^\S{36} +jellyfin +Kitchen +waiting ", said(goscrobble("sources", "list", "ada")), re.MULTILINE)
    said(goscrobble("sources", "pause", "ada", made.row.uuid))
    assert sources.find(core, ada, made.row.uuid).is_paused
    said(goscrobble("sources", "resume", "ada", made.row.uuid))
    assert not sources.find(core, ada, made.row.uuid).is_paused
    said(goscrobble("sources", "poll", "ada", made.row.uuid))
    sources.note(core, made.row, SourceEvent(0, "A song", EventOutcome.IGNORED, "For a reason."))
    assert "1970-01-01 00:00:00Z  ignored  A song  For a reason.\n" in said(
        goscrobble("sources", "events", "ada", made.row.uuid)
    )


@pytest.mark.parametrize("verb", ["pause", "resume", "poll", "events"])
def test_a_connection_that_does_not_exist_is_a_sentence(goscrobble, core, verb):
    make_account(core)
    assert refused(goscrobble("sources", verb, "ada", "nonsense")) == "There is no such connection"
    assert refused(goscrobble("sources", verb, "bob", "nonsense")) == "There is no user called bob."


# ---- plugins ----


def test_plugins_are_listed_for_people_and_programs(goscrobble):
    listed = json.loads(said(goscrobble("plugins", "list", "--json")))["plugins"]
    assert {one["name"]: one["status"] for one in listed}.items() >= {"jellyfin": "enabled"}.items()
    assert re.search(r"^jellyfin +enabled ", said(goscrobble("plugins", "list")), re.MULTILINE)


def test_a_plugin_is_switched_off_and_on(goscrobble, core):
    said(goscrobble("plugins", "disable", "jellyfin"))
    assert not runtime_settings.is_enabled(core, "jellyfin")
    assert "status: disabled" in said(goscrobble("plugins", "show", "jellyfin"))
    said(goscrobble("plugins", "enable", "jellyfin"))
    assert "JELLYFIN_ENABLED = true" in said(goscrobble("plugins", "show", "jellyfin"))


def test_a_plugins_own_file_is_explained_wins_and_can_be_wrong_alone(goscrobble, instance_path):
    example = said(goscrobble("plugins", "show", "jellyfin", "--example"))
    assert example == (
        "# plugins/jellyfin.toml in the instance folder\n# Whether jellyfin is switched on.\n# enabled = true\n"
    )
    (instance_path / "goscrobble.toml").write_text("[plugins.jellyfin]\nenabled = true\n")
    (instance_path / "plugins").mkdir()
    own = instance_path / "plugins" / "jellyfin.toml"
    own.write_text("enabled = false")
    assert "JELLYFIN_ENABLED = false  # fixed by file or environment" in said(goscrobble("config", "show"))
    own.write_text("enabled = ")
    assert "jellyfin" in refused(goscrobble("plugins", "enable", "jellyfin"))
    listed = json.loads(said(goscrobble("plugins", "list", "--json")))["plugins"]
    found = {one["name"]: (one["status"], one["error"]) for one in listed}
    assert found["multiscrobbler"] == ("enabled", "")
    status, error = found["jellyfin"]
    assert status == "bad_config"
    assert error == f"{own} cannot be read: Invalid value (at end of document); mend it and restart."


def test_settings_of_a_plugin_that_is_not_installed_are_said(goscrobble, instance_path):
    (instance_path / "goscrobble.toml").write_text("[plugins.jelyfin]\nenabled = false\n")
    assert said(goscrobble("plugins", "list")).endswith(
        'There are settings for jelyfin, which is not installed, did you mean "jellyfin"?\n'
    )


def test_a_table_that_is_none_stops_that_plugin_alone(goscrobble, instance_path):
    (instance_path / "goscrobble.toml").write_text("[plugins]\njellyfin = 7\n")
    listed = json.loads(said(goscrobble("plugins", "list", "--json")))["plugins"]
    assert {one["name"]: one["error"] for one in listed}["jellyfin"] == (
        "[plugins.jellyfin] must be a table of settings; mend it and restart."
    )


def test_a_tripped_plugin_is_reset(goscrobble, core):
    assert refused(goscrobble("plugins", "reset", "jellyfin")) == "This plugin's hooks are asked already"
    for _ in range(failures.MOST):
        failures.note(core, Failure("jellyfin", "after_scrobble", "KeyError", "x.py", trips=True))
    core.database.write(lambda c: c.execute(text("UPDATE plugin_failure SET tripped_until = 99999999999")))
    assert re.search(r"^jellyfin +tripped ", said(goscrobble("plugins", "list")), re.MULTILINE)
    checked = goscrobble("plugins", "check")
    assert checked.stdout.startswith("jellyfin: tripped: Its hooks failed too often and are left alone until ")
    assert re.fullmatch(r"1 of \d+ plugins failed too often\.", refused(checked))
    assert said(goscrobble("plugins", "reset", "jellyfin")) == "The hooks of jellyfin are asked again.\n"
    assert re.search(r"^jellyfin +enabled ", said(goscrobble("plugins", "list")), re.MULTILINE)


def test_what_a_plugin_left_is_purged(goscrobble, core):
    assert refused(goscrobble("plugins", "purge", "tidal")) == "There is nothing of a plugin called tidal."
    assert refused(goscrobble("plugins", "purge", "Tidal!")) == "There is no plugin called Tidal!"
    ada = make_account(core)
    connecting.connect(core, ada, "jellyfin")
    with core.database.engine.begin() as connection:
        connection.execute(text("INSERT INTO setting VALUES ('TIDAL_COLOUR', '1', 0)"))
        connection.execute(text("CREATE TABLE plugin_tidal_seen (id INTEGER)"))
    left = "table plugin_tidal_seen, setting TIDAL_COLOUR"
    sentence = f"tidal is not installed and left: {left}.\n`goscrobble plugins purge tidal` removes it.\n"
    assert said(goscrobble("plugins", "list")).endswith(sentence)
    assert json.loads(said(goscrobble("plugins", "list", "--json")))["leftovers"] == {"tidal": left.split(", ")}
    declined = goscrobble("plugins", "purge", "tidal", typed="n\n")
    assert (declined.exit_code, declined.stdout.splitlines()[:2]) == (
        1,
        ["table plugin_tidal_seen", "setting TIDAL_COLOUR"],
    )
    assert said(goscrobble("plugins", "purge", "tidal", "--yes")).endswith(
        "Nothing of tidal is left but the plays it told.\n"
    )
    assert refused(goscrobble("plugins", "purge", "tidal", "--yes")) == "There is nothing of a plugin called tidal."
    assert "1 connection of listeners\n" in said(goscrobble("plugins", "purge", "jellyfin", "--yes"))
    assert sources.list_all(core, ada) == []


def test_purging_never_takes_a_setting_of_the_server(goscrobble, core):
    runtime_settings.change(core, {"REGISTRATION_ENABLED": False})
    assert refused(goscrobble("plugins", "purge", "registration", "--yes")).startswith("There is nothing")
    assert said(goscrobble("config", "get", "REGISTRATION_ENABLED")) == "false\n"


def test_a_plugin_that_does_not_exist_is_a_sentence(goscrobble):
    for verb in ("show", "enable", "disable"):
        assert refused(goscrobble("plugins", verb, "tidal")) == "There is no plugin called tidal."


def test_a_plugin_that_cannot_run_is_found(goscrobble, instance_path):
    assert said(goscrobble("plugins", "check")).endswith("plugins can run.\n")
    (instance_path / "goscrobble.toml").write_text("plugins_blocked = ['jellyfin']")
    result = goscrobble("plugins", "check")
    assert "plugins cannot run." in refused(result)
    assert result.stdout.startswith("jellyfin: blocked: ")
    assert refused(goscrobble("plugins", "enable", "jellyfin")).startswith("jellyfin cannot run: ")


# ---- config ----


def test_a_setting_is_shown_read_and_changed(goscrobble, core):
    assert "REGISTRATION_ENABLED = true\n" in said(goscrobble("config", "show"))
    assert said(goscrobble("config", "set", "registration_enabled", "false")) == "REGISTRATION_ENABLED = false\n"
    assert said(goscrobble("config", "get", "REGISTRATION_ENABLED")) == "false\n"
    assert runtime_settings.runtime(core).registration_enabled is False


def test_settings_are_documented(goscrobble):
    out = said(goscrobble("config", "show", "--docs"))
    assert "# Whether anyone may create an account.\nREGISTRATION_ENABLED = true\n" in out
    assert out.endswith((ROOT / "instance" / "goscrobble.example.toml").read_text("utf-8"))


def test_the_example_file_can_be_used(goscrobble, instance_path):
    written = (ROOT / "instance" / "goscrobble.example.toml").read_text("utf-8")
    options = re.sub(r"^# (?=\[|[a-z_]+ = )", "", written, flags=re.MULTILINE)
    values = tomllib.loads(options)
    assert set(values) == set(Settings.model_fields) - {"instance_path"}
    (instance_path / "goscrobble.toml").write_text(options)
    assert "JELLYFIN_ENABLED = true  # fixed" in said(goscrobble("config", "show"))


def test_a_setting_fixed_by_the_environment_is_read_only_and_says_so(goscrobble, monkeypatch):
    monkeypatch.setenv("GOSCROBBLE_REGISTRATION_ENABLED", "false")
    assert "REGISTRATION_ENABLED = false  # fixed by file or environment\n" in said(goscrobble("config", "show"))
    assert "REGISTRATION_ENABLED is fixed" in refused(goscrobble("config", "set", "REGISTRATION_ENABLED", "true"))


def test_a_misspelt_switch_of_a_plugin_is_told_from_the_right_one(goscrobble, monkeypatch):
    hint = 'There is no setting called JELLYFIN_ENABLEDD, did you mean "JELLYFIN_ENABLED"?'
    assert refused(goscrobble("config", "set", "JELLYFIN_ENABLEDD", "false")) == hint
    assert refused(goscrobble("config", "get", "jellyfin_enabledd")) == f"{hint}"
    monkeypatch.setenv("GOSCROBBLE_PLUGINS__JELLYFIN__ENABLEDD", "false")
    assert '[plugins.jellyfin] enabledd is not known, did you mean "enabled"?' in goscrobble("plugins", "check").stdout


def test_a_secret_is_read_from_standard_input_and_never_printed(goscrobble, core):
    for secret in ("s3cret-of-ours", "{begins like JSON"):
        printed = said(goscrobble("config", "set", "spotify_api_secret", "--stdin", typed=f"{secret}\n"))
        assert printed == "SPOTIFY_API_SECRET = (set)\n"
        runtime_settings.forget(core)
        assert runtime_settings.options(core)["SPOTIFY_API_SECRET"].value == secret
    assert said(goscrobble("config", "set", "SPOTIFY_API_SECRET", "another")) == "SPOTIFY_API_SECRET = (set)\n"


def test_a_value_is_given_once(goscrobble):
    assert goscrobble("config", "set", "REGISTRATION_ENABLED").exit_code == 2
    assert goscrobble("config", "set", "REGISTRATION_ENABLED", "true", "--stdin", typed="false").exit_code == 2
    sentence = "There is no value on standard input."
    assert refused(goscrobble("config", "set", "REGISTRATION_ENABLED", "--stdin", typed="")) == sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["get", "COLOUR"], "There is no setting called COLOUR"),
        (["set", "COLOUR", "blue"], "There is no setting called COLOUR"),
        (["set", "REGISTRATION_ENABLED", "perhaps"], "REGISTRATION_ENABLED must be true or false"),
        (["set", "REGISTRATION_ENABLED", "[1"], "The value begins like JSON but is none."),
    ],
)
def test_a_setting_that_cannot_be_is_a_sentence(goscrobble, arguments, sentence):
    assert refused(goscrobble("config", *arguments)) == sentence
