"""GoScrobble: a self-hosted music scrobble server."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("goscrobble")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"
