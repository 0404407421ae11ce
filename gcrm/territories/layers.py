"""What territories add to the map: their areas."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from gcrm.core import map_layers

map_layers.register(
    map_layers.MapLayer(
        "territories", _l("Territories"), "polygon", 60, drawn="territories", counted=_l("territories"),
        note=_l("Each in the colour that it has on the page of territories."),
    )
)  # fmt: skip
