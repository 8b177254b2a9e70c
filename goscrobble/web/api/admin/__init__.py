"""What administrators manage through the API: one module a noun."""

from __future__ import annotations

from goscrobble.web.api.admin import audit, jobs, mail, nodes, plugins, sources, users

NOUNS = (users, plugins, sources, jobs, audit, nodes, mail)
