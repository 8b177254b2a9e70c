"""For WSGI servers: `gunicorn wsgi:app`."""

from goscrobble.wsgi import app

__all__ = ["app"]
