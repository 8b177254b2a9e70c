"""There is nothing wrong with it, but its administrator writes a word where a number belongs."""

from pydantic import Field

from goscrobble.plugins import PluginSettings, hookimpl


class Settings(PluginSettings):
    size: int = Field(default=10, description="How many.")


@hookimpl
def register_config() -> type[PluginSettings]:
    return Settings
