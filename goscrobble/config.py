"""Every option of an instance: type, default, sentence.

Read once at start: the environment (`GOSCROBBLE_…`, nested with `__`) beats `instance/goscrobble.toml` beats the
defaults. What an admin changes while the server runs (`RuntimeSettings` and each plugin's own model) lives in the
database and yields to both; `services.settings` merges them.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from goscrobble.domain.hints import near
from goscrobble.domain.sentences import Sentence
from goscrobble.errors import BadConfig

DEFAULT_PORT = 42069
FILE_NAME = "goscrobble.toml"
PLUGINS_FOLDER = "plugins"  # in the instance: files of single plugins


def _texts(value: Any) -> Any:
    """Read a list as the environment has it: `a,b` or `["a", "b"]`."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError('must be a list: a,b or ["a", "b"]') from None
    return [part.strip() for part in value.split(",") if part.strip()]


Texts = Annotated[list[str], NoDecode, BeforeValidator(_texts)]


class JobSettings(BaseModel):
    """Background work."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    embedded: bool = Field(default=True, description="Run background jobs inside the web workers.")


class LiveSettings(BaseModel):
    """Streams of what happens now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Serve streams of what happens now; without them pages ask.")
    max_streams: int = Field(
        default=2000,
        ge=1,
        le=100_000,
        description="How many streams one worker holds; with threads, never more than half of them.",
    )
    max_streams_each: int = Field(
        default=50, ge=1, le=100_000, description="How many of them are one account's, or one address's."
    )


class RuntimeSettings(BaseModel):
    """What an administrator may change while the server runs, as keys of `/config`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registration_enabled: bool = Field(
        default=True,
        title=Sentence("Registration enabled"),
        description=Sentence("Whether anyone may create an account."),
    )
    default_timezone: str = Field(
        default="UTC",
        title=Sentence("Default time zone"),
        description=Sentence("Time zone (IANA) of accounts that name none."),
    )

    @field_validator("default_timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        from goscrobble.domain.periods import zone  # noqa: PLC0415 - keeps `--help` free of the zone table

        zone(name)
        return name


class Settings(BaseSettings):
    """The options that are fixed while the server runs."""

    model_config = SettingsConfigDict(
        env_prefix="GOSCROBBLE_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    instance_path: Path = Field(description="Folder of the database, keys, outbox and goscrobble.toml.")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the instance folder.")
    redis_url: str = Field(default="", description="Redis for rate limits and live pages; empty: the database.")
    public_url: str = Field(
        default=f"http://127.0.0.1:{DEFAULT_PORT}", description="Where people reach this server: links in mails."
    )
    trusted_proxies: Texts = Field(
        default_factory=list,
        description="Addresses and networks whose X-Forwarded headers are believed; `unix`: those of a Unix socket.",
    )
    proxy_hops: int = Field(
        default=0, ge=0, le=10, description="Instead: how many X-Forwarded entries to believe, whoever sends them."
    )
    mail_server: str = Field(default="", description="SMTP host; empty: mails are kept in instance/outbox.")
    mail_port: int = Field(default=587, ge=1, le=65535, description="SMTP port.")
    mail_username: str = Field(default="", description="SMTP user name.")
    mail_password: str = Field(default="", description="SMTP password.")
    mail_use_tls: bool = Field(default=True, description="STARTTLS (or TLS at once on port 465), verified.")
    mail_default_sender: str = Field(default="goscrobble@localhost", description="From address of mails.")
    mail_ca_file: str = Field(default="", description="CA certificates (PEM) that the SMTP server is verified by.")
    access_token_days: float = Field(default=7, gt=0, le=365, description="Life of an access token, in days.")
    refresh_token_days: float = Field(default=30, gt=0, le=365, description="Life of a refresh token, in days.")
    jobs: JobSettings = JobSettings()
    live: LiveSettings = LiveSettings()
    rate_limit_light: str = Field(default="1/4s burst 2", description="Token bucket of the ingress routes.")
    rate_limit_standard: str = Field(default="5/s burst 5", description="Token bucket of the API.")
    rate_limit_heavy: str = Field(default="10/s burst 10", description="Token bucket of register and reset.")
    outgoing_allowed_networks: Texts = Field(
        default_factory=list, description="Private networks that addresses given by users may be in."
    )
    plugins_blocked: Texts = Field(default_factory=list, description="Plugins that are never imported.")
    plugins: dict[str, Any] = Field(
        default_factory=dict, description="Per plugin: settings fixed here, e.g. [plugins.jellyfin] enabled = false."
    )
    metrics_enabled: bool = Field(default=False, description="Serve /metrics for Prometheus.")
    log_format: Literal["auto", "console", "json"] = Field(default="auto", description="How log lines look.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")
    # Values of RuntimeSettings that file or environment fix; None: an administrator decides.
    registration_enabled: bool | None = Field(default=None, description="Fixes REGISTRATION_ENABLED.")
    default_timezone: str | None = Field(default=None, description="Fixes DEFAULT_TIMEZONE.")

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        if not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/")

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the main database."""
        return self.database_url or f"sqlite:///{self.instance_path / 'goscrobble.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first: what `load` read from the file arrives as init values."""
        return env_settings, init_settings


def default_instance_path() -> Path:
    """`./instance` in a checkout, else the user's data directory."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists():
        return checkout / "instance"
    return user_data_path("goscrobble", appauthor=False)


def load(instance_path: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings of an instance.

    Raises BadConfig with one sentence that names the setting or the file.
    """
    path = instance_path or Path(os.environ.get("GOSCROBBLE_INSTANCE_PATH") or default_instance_path())
    values = _read_file(path / FILE_NAME)
    if isinstance(values.get("plugins", {}), dict) and (own := _read_plugins(path / PLUGINS_FOLDER)):
        values["plugins"] = _joined(values.get("plugins", {}), own)
    values |= overrides | {"instance_path": path.absolute()}
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "settings"
        hint = near(name, Settings.model_fields) if first["type"] == "extra_forbidden" else ""
        raise BadConfig(f"Setting {name!r} cannot be used: {first['msg']}{hint}") from None


def _read_file(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadConfig(f"{file} cannot be read: {error}") from None
    resolved: dict[str, Any] = _resolve_secrets(values, file)
    return resolved


def _read_plugins(folder: Path) -> dict[str, Any]:
    """Read the files of single plugins, `plugins/<name>.toml`. One that cannot be read stops that plugin alone."""
    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.toml")):
        try:
            found[file.stem] = _read_file(file)
        except BadConfig as error:
            found[file.stem] = str(error)  # the plugin host shows it
    return found


def _joined(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of goscrobble.toml with what a plugin's own file says over them."""
    both = {
        name: shared[name] | own[name] for name in shared.keys() & own.keys() if _are_tables(shared[name], own[name])
    }
    return shared | own | both


def _are_tables(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def _resolve_secrets(value: Any, file: Path) -> Any:
    """Replace `{ file = "…" }` and `{ env = "…" }` by what they point to."""
    if not isinstance(value, dict):
        return value
    if set(value) == {"file"}:
        try:
            return Path(value["file"]).read_text("utf-8").strip()
        except OSError as error:
            raise BadConfig(f"{file}: the secret file {value['file']} cannot be read: {error.strerror}") from None
    if set(value) == {"env"}:
        if value["env"] not in os.environ:
            raise BadConfig(f"{file}: the environment has no variable {value['env']}")
        return os.environ[value["env"]]
    return {key: _resolve_secrets(part, file) for key, part in value.items()}
