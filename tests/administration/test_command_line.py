"""What is done at the command line is written down too."""

from goscrobble.services import administration, tokens
from goscrobble.testing import PASSWORD
from goscrobble.web.pages.admin import words
from tests.cli.conftest import environment, goscrobble  # noqa: F401 - fixtures


def test_every_deed_at_the_command_line_leaves_one_entry(core, goscrobble, done):  # noqa: F811 - fixtures
    for arguments, typed in [
        (("users", "add", "eve", "--email", "eve@example.org", "--admin", "--password-stdin"), PASSWORD),
        (("users", "add", "bob", "--email", "bob@example.org", "--password-stdin"), PASSWORD),
        (("users", "password", "bob", "--password-stdin"), "another long sentence"),
        (("users", "promote", "bob"), None),
        (("users", "demote", "bob"), None),
        (("users", "disable", "bob"), None),
        (("users", "enable", "bob"), None),
        (("tokens", "add", "bob", "--name", "player", "--scope", "read,ingest"), None),
        (("users", "delete", "bob", "--yes"), None),
        (("plugins", "disable", "jellyfin"), None),
        (("plugins", "enable", "jellyfin"), None),
        (("config", "set", "REGISTRATION_ENABLED", "false"), None),
    ]:
        result = goscrobble(*arguments, typed=typed)
        assert (result.exit_code, result.stderr) == (0, ""), arguments
    assert done() == [
        ("command line", *rest)
        for rest in [
            ("account.add", "eve", "as an administrator"),
            ("account.add", "bob", ""),
            ("account.password", "bob", ""),
            ("account.promote", "bob", ""),
            ("account.demote", "bob", ""),
            ("account.disable", "bob", ""),
            ("account.enable", "bob", ""),
            ("token.add", "bob", "player: ingest, read"),
            ("account.delete", "bob", ""),
            ("plugin.disable", "jellyfin", ""),
            ("plugin.enable", "jellyfin", ""),
            ("settings.change", "REGISTRATION_ENABLED", "REGISTRATION_ENABLED = false"),
        ]
    ]


def test_a_revoked_token_is_written_down_by_its_id(core, goscrobble, ada, done):  # noqa: F811 - fixtures
    token, _ = tokens.add_api_token(core, ada, "player", {"ingest"})
    assert goscrobble("tokens", "revoke", "ada", token.id).exit_code == 0
    assert goscrobble("tokens", "revoke", "ada", token.id).exit_code == 1
    assert done() == [("command line", "token.revoke", "ada", token.id)]


def test_every_deed_can_be_read_on_the_page():
    assert set(administration.Action) == words.DEEDS.keys()


def test_what_is_refused_at_the_command_line_leaves_no_entry(core, goscrobble, ada, done):  # noqa: F811 - fixtures
    for arguments in [
        ("users", "demote", "ada"),
        ("users", "delete", "ada", "--yes"),
        ("plugins", "enable", "nothing"),
        ("config", "set", "REGISTRATION_ENABLED", "maybe"),
    ]:
        assert goscrobble(*arguments).exit_code == 1
    assert done() == []
