"""What an instance keeps is for the user that runs the server alone."""

import os
import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from goscrobble import instance, permissions
from goscrobble.testing import make_settings
from tests.operation.conftest import PATIENCE, goscrobble

STRANGER = 65534  # nobody


@pytest.fixture(autouse=True)
def generous_umask():
    """As most systems have it; what the server sets is taken back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def wide(folder):
    """Everything in a folder, and itself, that others may read, write or enter."""
    found = [folder, *folder.rglob("*")]
    return [path for path in found if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077]


def wide_database(environment):
    """The same of a SQLite database that lies elsewhere."""
    url = environment["GOSCROBBLE_DATABASE_URL"]
    if not url.startswith("sqlite"):
        return []
    file = Path(url.removeprefix("sqlite:///"))
    return [path for path in file.parent.glob(f"{file.name}*") if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_nothing_that_a_server_makes_can_be_read_by_others(run, environment):
    server = run()
    for path in ("/", "/login", "/api/v1/serverinfo"):
        server.get(path)
    folder = Path(environment["GOSCROBBLE_INSTANCE_PATH"])
    assert {"jwt.key", "secrets.key"} <= {path.name for path in folder.iterdir()}
    assert wide(folder) == []
    assert wide_database(environment) == []
    assert server.end() == 0
    assert wide(folder) == []


def test_what_a_command_makes_is_no_different(environment):
    done = goscrobble(environment, "config", "show")
    assert done.returncode == 0, done.stderr
    folder = Path(environment["GOSCROBBLE_INSTANCE_PATH"])
    assert (folder / "jwt.key").exists()
    assert [*wide(folder), *wide_database(environment)] == []


@pytest.fixture
def prepared(instance_path, database_url):
    settings = make_settings(instance_path, database_url=database_url)
    instance.prepare(settings)
    return settings


def test_what_is_wider_is_put_right_at_the_start_and_said_once(prepared, tmp_path):
    folder = prepared.instance_path
    (folder / "outbox").mkdir(exist_ok=True)
    mail = folder / "outbox" / "1.eml"
    mail.write_text("a link")
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text("somebody else's")
    elsewhere.chmod(0o644)
    (folder / "link").symlink_to(elsewhere)
    for path in (folder, folder / "outbox"):
        path.chmod(0o755)
    for path in (mail, folder / "jwt.key"):
        path.chmod(0o664)
    with structlog.testing.capture_logs() as lines:
        permissions.begin(prepared)
        permissions.begin(prepared)
    assert wide(folder) == []
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    (line,) = lines
    assert (line["log_level"], len(line["files"]), line["more"]) == ("warning", 3, 1)


def test_what_somebody_else_keeps_beside_it_is_theirs(prepared, monkeypatch):
    folder = prepared.instance_path
    (folder / "photos").mkdir()
    (folder / "photos" / "1.jpg").write_text("a picture")
    (folder / "photos").chmod(0o755)
    (folder / "photos" / "1.jpg").chmod(0o644)
    monkeypatch.setenv("HOME", str(folder / "home"))  # the instance is a folder above somebody's home
    folder.chmod(0o755)
    permissions.begin(prepared)
    assert wide(folder) == [folder, folder / "photos", folder / "photos" / "1.jpg"]


def test_a_database_elsewhere_is_no_different_but_its_folder_is_somebody_elses(tmp_path, instance_path):
    file = tmp_path / "data" / "plays.db"
    file.parent.mkdir(mode=0o755)
    settings = make_settings(instance_path, database_url=f"sqlite:///{file}")
    instance.prepare(settings)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE note (text)")
        connection.commit()
        assert [path.name for path in file.parent.iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    file.chmod(0o644)
    permissions.begin(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o755


def test_what_is_restored_is_put_right_by_the_next_start(prepared, tmp_path):
    if not prepared.url.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps its own files")
    copy = tmp_path / "copy.db"
    shutil.copy(prepared.instance_path / "goscrobble.db", copy)
    copy.chmod(0o644)
    shutil.copy(copy, prepared.instance_path / "goscrobble.db")
    (prepared.instance_path / "goscrobble.db").chmod(0o644)
    instance.prepare(prepared)
    assert wide(prepared.instance_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_reads_nothing(prepared, tmp_path):
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and len(path.parts) > 2:
            path.chmod(path.stat().st_mode | 0o055)  # the tests' own folders are closed too
    opened = lambda path: subprocess.run(  # noqa: E731 - short
        ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", "cat", str(path)],
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    control = tmp_path / "open.txt"
    control.write_text("read me")
    control.chmod(0o644)
    assert opened(control).stdout == b"read me"
    for path in prepared.instance_path.rglob("*"):
        if path.is_file():
            assert opened(path).returncode != 0
