"""A secret that an administrator sets is written down by its name alone."""

import json

from sqlalchemy import select

from goscrobble.models import AuditEntry, Setting, table
from goscrobble.services import administration, settings
from goscrobble.testing import make_account
from tests.plugins.host.conftest import found, serve  # noqa: F401 - fixtures
from tests.plugins.host.strangers import core_of

SECRETIVE = """
    from goscrobble.plugins import PluginSettings, hookimpl
    from pydantic import Field, SecretStr

    class Settings(PluginSettings):
        key: SecretStr = Field(default=SecretStr(""), description="A key.")
        other: SecretStr | None = Field(default=None, description="Another key.")
        place: str = Field(default="here", description="Where.")

    @hookimpl
    def register_config():
        return Settings
"""


def test_a_secret_is_written_down_by_its_name_and_stored_sealed(serve, found):  # noqa: F811 - fixtures
    core = core_of(serve(found(("safe", SECRETIVE))))
    ada = make_account(core, "ada", admin=True)
    values = {"SAFE_KEY": "hunter2-one", "SAFE_OTHER": "hunter2-two", "SAFE_PLACE": "there"}
    administration.change_settings(core, ada, values)
    assert {key: option.value for key, option in settings.options(core).items() if key in values} == values
    (entry,) = administration.list_entries(core).entries
    assert (entry.subject, entry.detail) == (
        "SAFE_KEY, SAFE_OTHER, SAFE_PLACE",
        'SAFE_KEY\nSAFE_OTHER\nSAFE_PLACE = "there"',
    )
    with core.database.read() as connection:
        stored = [repr(row) for one in (AuditEntry, Setting) for row in connection.execute(select(table(one)))]
    assert "hunter2" not in json.dumps(stored)


def test_an_optional_secret_can_be_taken_away(serve, found):  # noqa: F811 - fixtures
    core = core_of(serve(found(("safe", SECRETIVE))))
    for value in ("hunter2", None):
        administration.change_settings(core, None, {"SAFE_OTHER": value})
        assert settings.options(core)["SAFE_OTHER"].value == value
