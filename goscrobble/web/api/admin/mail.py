"""Whether mails arrive."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from goscrobble.services import administration
from goscrobble.web import auth, current_core
from goscrobble.web.api.openapi import describe

blueprint = Blueprint("api_admin_mail", __name__, url_prefix="/api/v1/admin/mail")


@blueprint.post("/test")
@describe(tags=["Admin"], summary="Send yourself a mail, to see whether it arrives", auth="admin")
def send_test() -> dict[str, Any]:
    """Answer what becomes of the mail: it goes out, or into the outbox."""
    by = auth.require_admin().account
    return {"message": administration.send_test_mail(current_core(), by)}
