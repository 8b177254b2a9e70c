"""What the operator asks."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from goscrobble.app import create_app
from goscrobble.migrations import runner
from goscrobble.testing import make_settings


@pytest.fixture
def make_client(instance_path, clock):
    made = []

    def make(url, **overrides):
        app = create_app(make_settings(instance_path, database_url=url, **overrides), clock=clock)
        made.append(app)
        return app.test_client()

    yield make
    for app in made:
        app.extensions["goscrobble"].database.close()


def test_a_process_that_answers_is_alive_whatever_its_database(make_client, tmp_path):
    answer = make_client(f"sqlite:///{tmp_path}/no/such/folder/x.db").get("/health/live")
    assert (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (200, {"status": "ok"}, "no-store")


def test_with_a_database_that_fits_it_is_ready(client):
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_without_a_database_it_is_not_ready_and_says_so(make_client, tmp_path):
    answer = make_client(f"sqlite:///{tmp_path}/no/such/folder/x.db").get("/health/ready")
    assert (answer.status_code, answer.json) == (503, {"error": "The database cannot be reached"})
    assert int(answer.headers["Retry-After"]) >= 1


def test_with_an_empty_or_newer_database_it_is_not_ready_and_says_what_to_do(make_client, empty_database_url):
    client = make_client(empty_database_url)
    empty = client.get("/health/ready")
    assert (empty.status_code, "goscrobble database upgrade" in empty.json["error"]) == (503, True)
    runner.upgrade(empty_database_url)
    assert client.get("/health/ready").status_code == 200
    core = client.application.extensions["goscrobble"]
    core.database.write(lambda connection: connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'zz'"))
    newer = client.get("/health/ready")
    assert (newer.status_code, "newer" in newer.json["error"]) == (503, True)


def test_metrics_are_off_unless_allowed(client):
    assert client.get("/metrics").status_code == 404


def test_metrics_count_requests_by_endpoint_and_never_by_address(make_client, database_url):
    client = make_client(database_url, metrics_enabled=True)
    client.get("/api/v1/users/somebody-private")
    client.get("/api/v1/serverinfo?key=secret")
    answer = client.get("/metrics")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    wanted = 'goscrobble_http_request_seconds_count{endpoint="api_server.show",method="GET",status="2xx"}'
    assert wanted in answer.text
    assert "somebody-private" not in answer.text
    assert "secret" not in answer.text


def test_the_metrics_of_several_workers_are_summed_where_they_share_a_folder(tmp_path):
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from goscrobble import metrics; metrics.count_draft('jellyfin', 'stored'); metrics.count_draft('x', 'rejected')"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], check=True, env=environment)
    show = "from goscrobble import metrics; print(metrics.render().decode())"
    shown = subprocess.run([sys.executable, "-c", show], check=True, env=environment, capture_output=True, text=True)
    assert 'goscrobble_drafts_total{outcome="stored",source="jellyfin"} 2.0' in shown.stdout
