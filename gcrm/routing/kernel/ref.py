"""Handing many arrays to compiled code as one pointer.

A named tuple of fifty arrays is taken apart into hundreds of arguments at every call, and compiling that takes minutes; a
structref (numba's mutable struct) is one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numba.core import types
from numba.experimental import structref
from numba.extending import intrinsic

from gcrm.routing.kernel.arrays import Given
from gcrm.routing.kernel.jit import compiler
from gcrm.routing.kernel.state import State

compiled = compiler(Path(__file__).parent)


class _Fields(types.StructRef):
    def preprocess_fields(self, fields: Any) -> Any:
        return tuple((name, types.unliteral(kind)) for name, kind in fields)


@structref.register
class GivenType(_Fields):
    """The type of a problem in compiled code."""


@structref.register
class StateType(_Fields):
    """The type of a search's state in compiled code."""


class GivenRef(structref.StructRefProxy):
    """A problem as compiled code takes it; the arrays are those of the `Given` it was made of."""


class StateRef(structref.StructRefProxy):
    """A state as compiled code takes it; the arrays are those of the `State` it was made of."""


structref.define_proxy(GivenRef, GivenType, list(Given._fields))
structref.define_proxy(StateRef, StateType, list(State._fields))


@intrinsic
def _uncounted(typing_context: Any, arrays: Any) -> Any:
    """Return the tuple with arrays whose references nobody counts.

    numba counts a reference, by an atomic addition, whenever compiled code takes an array out of a structref; without, a
    step is some five per cent quicker. The caller keeps the arrays alive instead.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = args[0]
        for i, kind in enumerate(signature.args[0].types):
            array = context.make_array(kind)(context, builder, value=builder.extract_value(found, i))
            array.meminfo = array.meminfo.type(None)
            array.parent = array.parent.type(None)
            found = builder.insert_value(found, array._getvalue(), i)
        return found

    return arrays(arrays), codegen


@compiled
def given_ref(arrays):
    """Return the reference of a problem's arrays, given as a plain tuple that lives at least as long."""
    return GivenRef(*_uncounted(arrays))  # type: ignore[call-arg]  # numba hands the typing context on itself


@compiled
def state_ref(arrays):
    """Return the reference of a state's arrays, given as a plain tuple that lives at least as long."""
    return StateRef(*_uncounted(arrays))  # type: ignore[call-arg]  # as above
