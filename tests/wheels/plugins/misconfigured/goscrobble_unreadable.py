"""There is nothing wrong with it, but its administrator leaves a quotation mark out of its file."""

from pydantic import Field

from goscrobble.plugins import PluginSettings, hookimpl


class Settings(PluginSettings):
    word: str = Field(default="", description="Any word.")


@hookimpl
def register_config() -> type[PluginSettings]:
    return Settings
