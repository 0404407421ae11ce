"""How the loops over roads are compiled, and the number that stands for no way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gcrm.routing.kernel.jit import compiler

FAR = 2**31 - 1
"""No way: more milliseconds than any 32-bit time."""

compiled = compiler(Path(__file__).parent)


def frozen(array: Any) -> Any:
    """Return a view that cannot be written to, as memory-mapped arrays are: compiled code is made for that kind alone."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
