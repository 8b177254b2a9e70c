"""There is nothing wrong with it, but its administrator misspells its setting."""

from pydantic import Field

from goscrobble.plugins import PluginSettings, hookimpl


class Settings(PluginSettings):
    interval: int = Field(default=60, description="Seconds between two looks.")


@hookimpl
def register_config() -> type[PluginSettings]:
    return Settings
