"""Read by `gunicorn wsgi:app`. The settings are in the package, where an installed GoScrobble has them too."""

from goscrobble.serving import *  # noqa: F403 - each name there is one of gunicorn's settings
