"""The settings: one frozen object, read once at the start of a command and handed in from there.

From the environment (``BOLO_KAFKA``) and, below it, from a TOML file (``kafka = "..."``): the one
that BOLO_CONFIG names, or bolo.toml in the working directory if there is one.
docs/settings.md has all of them; a test compares.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from cameras.mqtt_address import address_of, checked_topic
from domain.errors import BadInput
from hotlists.sealing import key_of

PREFIX = "BOLO_"
SECRETS = "BOLO_SECRET_"
"""Begins the names of secrets that hotlists name: BOLO_SECRET_COUNTY_SFTP is COUNTY_SFTP."""
CONFIG = "BOLO_CONFIG"
"""Names the TOML file."""

_SERVERS = re.compile(r"[^\s,:/]+:[0-9]{1,5}(,\s*[^\s,:/]+:[0-9]{1,5})*")


class Settings(BaseSettings):
    """Everything that may differ between two installations. Secrets never show in its repr."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=False,
    )

    database_url: str = Field(
        repr=False, description="PostgreSQL, as postgresql://user:password@host:5432/name"
    )
    database_pool: int = Field(8, ge=2, le=200, description="connections a process may hold")
    kafka: str = Field(description="Kafka servers, as host:port, several with commas between")
    partitions: int = Field(8, ge=1, le=1000, description="partitions of a topic that is made")
    replication: int = Field(1, ge=1, le=10, description="copies of a topic that is made")
    data_dir: Path = Field(Path("data"), description="folder for what a process keeps on disk")
    images_url: str = Field(
        default_factory=lambda known: (
            f"file://{known.get('data_dir', Path('data')).absolute()}/images"
        ),
        description="image store, file:///folder or s3://bucket/prefix",
    )
    policy: str = Field(
        "standard", description="the agency's policy, a TOML file or a preset's name"
    )
    console_host: str = Field("127.0.0.1", description="address that the console listens on")
    console_port: int = Field(8000, ge=0, le=65535, description="its port, 0 for any free one")
    public_url: str = Field(
        default_factory=lambda known: f"http://127.0.0.1:{known.get('console_port', 8000)}",
        description="how phones and the SMS gateway reach the console",
    )
    trusted_proxies: str = Field(
        "", description="addresses of TLS proxies whose X-Forwarded-For is believed, with commas"
    )
    ops_host: str = Field("127.0.0.1", description="address of a process's metrics and health")
    ops_port: int = Field(0, ge=0, le=65535, description="port of those, 0 for none")
    twilio_account_sid: str = Field("", description="Twilio account, empty for no SMS")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="its auth token")
    twilio_from: str = Field("", description="number that SMS come from, as +16205550100")
    twilio_api_base: str = Field("https://api.twilio.com", description="where its API is")
    webhook_allow_private: bool = Field(
        False, description="whether webhooks may go to private addresses and plain http"
    )
    lease_minutes: float = Field(5, gt=0, le=60, description="how long a claim holds")
    late_after_minutes: float = Field(
        10, gt=0, le=1440, description="age when raised from which a read is not live"
    )
    intake_body_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024, description="largest posted body"
    )
    verkada_secret: SecretStr = Field(
        SecretStr(""), description="shared secret of Verkada's webhook, empty for unsigned ones"
    )
    mqtt_url: str = Field("", description="MQTT broker of Frigate, as mqtts://user@host:8883")
    mqtt_password: SecretStr = Field(SecretStr(""), description="its password")
    mqtt_ca: str = Field("", description="file of the CA that signed the broker's certificate")
    mqtt_agency: str = Field("", description="ORI of the agency whose cameras report there")
    mqtt_topic: str = Field(
        "frigate/tracked_object_update", description="topic that plates are published on"
    )
    list_key: SecretStr = Field(
        SecretStr(""), description="key of kept original list files, empty to keep none"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least important line that is logged"
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="json for machines, console for people"
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, url: str) -> str:
        url = re.sub(r"^postgres://", "postgresql://", url.strip())
        if not url.startswith("postgresql://"):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("kafka")
    @classmethod
    def _servers(cls, servers: str) -> str:
        if not _SERVERS.fullmatch(servers.strip()):
            raise ValueError("must be host:port, for example kafka:9092")
        return servers.replace(" ", "")

    @field_validator("list_key")
    @classmethod
    def _key(cls, key: SecretStr) -> SecretStr:
        if text := key.get_secret_value():
            try:
                key_of(text)
            except BadInput as wrong:
                raise ValueError(wrong.problem) from None
        return key

    @field_validator("public_url", "twilio_api_base")
    @classmethod
    def _web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("must be a web address, for example https://bolo.example.gov")
        return url.rstrip("/")

    @field_validator("mqtt_url")
    @classmethod
    def _mqtt_address(cls, url: str) -> str:
        try:
            address_of(url)
        except BadInput as wrong:
            raise ValueError(wrong.problem) from wrong
        return url

    @field_validator("mqtt_topic")
    @classmethod
    def _mqtt_filter(cls, topic: str) -> str:
        try:
            return checked_topic(topic)
        except BadInput as wrong:
            raise ValueError(wrong.problem) from wrong

    @model_validator(mode="after")
    def _mqtt_is_whole(self) -> Settings:
        if self.mqtt_url and not self.mqtt_agency:
            msg = f"MQTT needs {_env('mqtt_agency')}, too; or leave {_env('mqtt_url')} empty"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _sms_is_whole(self) -> Settings:
        names = ("twilio_account_sid", "twilio_auth_token", "twilio_from")
        given = [name for name in names if _plain(getattr(self, name))]
        if given and len(given) < len(names):
            missing = " and ".join(_env(name) for name in names if name not in given)
            msg = f"SMS needs {missing}, too; or leave all three empty for no SMS"
            raise ValueError(msg)
        if given and "public_url" not in self.model_fields_set:
            msg = f"SMS needs {_env('public_url')}: phones cannot open {self.public_url}"
            raise ValueError(msg)
        return self

    @property
    def sms(self) -> bool:
        """Whether an SMS gateway is configured."""
        return bool(self.twilio_account_sid)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is handed in beats the environment, and that the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file


def config_file() -> Path:
    """The TOML file that is read if it is there."""
    return Path(os.environ.get(CONFIG) or "bolo.toml")


def load(**given: Any) -> Settings:
    """The settings of this process; `given` beats the environment.

    Raises BadInput with a line for each thing to set or to correct; no value is repeated in it.
    """
    if os.environ.get(CONFIG) and not config_file().is_file():
        raise BadInput(CONFIG, f"there is no file {config_file()}")
    try:
        return Settings(**given)
    except ValidationError as wrong:
        lines = [
            _sentence(error)
            for error in wrong.errors(include_input=False)
            if error["type"] != "default_factory_not_called"  # follows from another error
        ]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        lines = [f"{config_file()} is not TOML: {wrong}"]
    except OSError as wrong:
        lines = [f"{config_file()} cannot be read: {wrong.strerror}"]
    raise BadInput("", "\n".join(["these settings need a look (docs/settings.md):", *lines]))


def secrets(environment: Mapping[str, str]) -> dict[str, SecretStr]:
    """The secrets that hotlists and templates name, by name. An empty variable is not set."""
    return {
        name.upper().removeprefix(SECRETS): SecretStr(value)
        for name, value in environment.items()
        if name.upper().startswith(SECRETS) and name.upper() != SECRETS and value
    }


def strangers(names: Iterable[str]) -> list[str]:
    """Of the names of environment variables, those that look like a setting but are none.

    Not an error: other programs may use the prefix. `bolo check` says them, since most are typos.
    """
    known = {_env(name) for name in Settings.model_fields} | {CONFIG}
    return sorted(
        n
        for n in names
        if n.upper().startswith(PREFIX)
        and not n.upper().startswith(SECRETS)
        and n.upper() not in known
    )


def _env(name: str) -> str:
    return PREFIX + name.upper()


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _sentence(error: Any) -> str:
    """One error as a line: what to set, and to what."""
    name = str(error["loc"][0]) if error["loc"] else ""
    message = str(error["msg"]).removeprefix("Value error, ")
    if not name:
        return f"  {message}"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        return f"  {name} is no setting" + (f"; is {near[0]} meant?" if near else "")
    field = Settings.model_fields[name]
    if error["type"] == "missing":
        return f"  set {_env(name)}: {field.description}"
    return f"  {_env(name)} ({field.description}): {message[:1].lower()}{message[1:]}"
