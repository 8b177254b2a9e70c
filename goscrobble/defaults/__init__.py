"""The core's own features, written as plugins: always on, asked before all others."""

from goscrobble.defaults import live, metrics, tidy

PLUGINS: dict[str, object] = {"metrics": metrics, "tidy": tidy, "live": live}
