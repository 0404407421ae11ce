"""Settings: environment variables `GCRM_*` or a `.env` file, typed, each with a default."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from gcrm.core import paths
from gcrm.core.errors import Invalid

DEMO_DATABASE = "gcrm_demo"


@dataclass(frozen=True)
class Settings:
    """Every setting; the name in the environment is `GCRM_` and the field in capitals."""

    data: str = ""
    """Folder of the private cluster, files and secrets."""
    database: str = "gcrm"
    """Name of the database within the private cluster."""
    database_url: str = ""
    """Own PostgreSQL instead of the private cluster, login `gcrm_web`."""
    owner_url: str = ""
    """The same server as `gcrm_owner`, for migrate, backup and restore."""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    """Address that people open, for links in invitations behind a proxy."""
    proxies: int = 0
    """How many reverse proxies stand in front and set X-Forwarded-*."""
    secure_cookies: bool = False
    """Send cookies over HTTPS only; set it behind TLS."""
    secret_key: str = ""
    """Signs cookies and links; made at random and kept in the data folder when empty."""
    threads: int = 8
    """Threads of the web process."""
    web_processes: int = 1
    pool_size: int = 10
    """Database connections that one process keeps."""
    tile_megabytes: int = 64
    """Memory that one process has for tiles of the map drawn already; 0 draws each anew."""
    demo_password: str = ""
    """Password of the demo's sign-ins; random and printed once when empty."""
    smtp_url: str = ""
    """`smtp://`, `smtp+tls://` or `smtps://user:password@host:port`; mail goes to a folder when empty."""
    mail_from: str = "gcrm@localhost"
    metrics_token: str = ""
    """Bearer token that opens /metrics to other than loopback."""
    log_format: str = "console"
    """`console` or `json`."""
    log_level: str = "info"
    sign_in_attempts: int = 10
    """Failed sign-ins for one address or one account in 15 minutes before it is held back."""
    upload_megabytes: int = 64
    """Largest file that a page or the API accepts."""
    import_rows: int = 1_000_000
    """Most rows of one imported file."""
    travel_detour: float = 1.5
    """Road metres for each metre of straight line, where there is no road graph."""
    travel_kmh: float = 40.0
    """Average speed on the road, where there is no road graph."""
    travel_mode: str = "car"
    """`car`, `bicycle` or `foot`."""
    travel_url: str = ""
    """`osrm+http://host:port` or `valhalla+http://host:port`: an engine that travel times come from."""
    travel_timeout: float = 10.0
    """Seconds that the engine has for one answer."""
    travel_snap_metres: float = 500.0
    """Farthest road that a place is reached from; beyond, its times are estimates."""
    plan_seconds: float = 1.4
    """How long the planner searches for one day."""

    map_style_url: str = ""
    """A MapLibre style that lies below every map, instead of our own outlines."""
    map_pmtiles: str = ""
    """A PMTiles archive of vector tiles on this machine, for the same."""
    map_attribution: str = ""
    """Whose background it is, as it must be said on maps and on paper."""

    caldav_hosts: str = ""
    """Calendar servers that people may join their own calendars from, as `host` or `host:port`, by commas; none when empty."""

    env: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def data_folder(self) -> Path:
        return Path(self.data) if self.data else paths.default_data_folder()

    @property
    def map_host(self) -> str:
        """The one other host that pages may ask, as a content security policy names it; empty where there is none."""
        address = urlsplit(self.map_style_url.strip())
        try:
            port = f":{address.port}" if address.port else ""
        except ValueError:
            return ""
        is_host = address.scheme in ("http", "https") and re.fullmatch(r"[A-Za-z0-9.-]+", address.hostname or "")
        return f"{address.scheme}://{address.hostname}{port}" if is_host else ""

    @property
    def is_private(self) -> bool:
        """Whether gcrm runs its own PostgreSQL."""
        return not self.database_url

    @property
    def is_demo(self) -> bool:
        return self.is_private and self.database == DEMO_DATABASE


def names() -> list[str]:
    """The environment variables, as the README lists them."""
    return ["GCRM_" + f.name.upper() for f in fields(Settings) if f.name != "env"]


def load(environ: dict[str, str]) -> Settings:
    """Read settings; a value of the wrong kind names its variable."""
    values: dict[str, object] = {}
    for f in fields(Settings):
        raw = environ.get("GCRM_" + f.name.upper())
        if f.name == "env" or raw is None or raw == "":
            continue
        values[f.name] = _typed(f.name, raw, f.default)
    return Settings(**values, env=environ)  # type: ignore[arg-type]


def _typed(name: str, raw: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()]
        if isinstance(default, int):
            return int(raw)
        if isinstance(default, float):
            return float(raw)
    except (KeyError, ValueError):
        kind = {bool: "yes or no", int: "a whole number", float: "a number"}[type(default)]
        raise Invalid(f"GCRM_{name.upper()} must be {kind}, not “{raw}”.") from None
    return raw


def read_env_file(path: Path) -> dict[str, str]:
    """Lines of `NAME=value`; quotes round a value fall away."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.lstrip().startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once; the environment wins over `.env`."""
    return load(read_env_file(Path(".env")) | dict(os.environ))
