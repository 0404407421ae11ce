"""Where templates, static files and migrations lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
CHECKOUT = PACKAGE.parent


def _folder(name: str) -> Path:
    packaged = PACKAGE / f"_{name}"
    return packaged if packaged.is_dir() else CHECKOUT / name


def templates() -> Path:
    return _folder("templates")


def static() -> Path:
    return _folder("static")


def migrations() -> Path:
    return _folder("migrations")


def default_data_folder() -> Path:
    """The user's data folder with a name made from the checkout's, so that two checkouts run side by side."""
    mark = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:8]
    if os.geteuid() == 0:
        base = Path("/var/lib")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / f"gcrm-{CHECKOUT.name}-{mark}"
