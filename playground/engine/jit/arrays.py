"""Array views without reference counts, and calling a kernel by its address."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

from playground.engine.jit.lanes import data, gep

#: Every kernel: f(F, R, w, k).
SIGNATURE = types.void(types.float32[::1], types.int64[::1], types.int64[::1], types.float32[::1])


def _view(dimensions: int) -> Any:
    """An array over F[at:]: `reshape` costs 40 to 100 ns, this costs nothing."""

    @intrinsic
    def view(tc, F, at, *extents):
        kind = types.Array(types.float32, dimensions, "C")
        given = extents[0] if len(extents) == 1 and isinstance(extents[0], types.BaseTuple) else extents

        def codegen(context, b, sig, args):
            unpacked = cgutils.unpack_tuple(b, args[2], dimensions)
            shape = [context.cast(b, v, t, types.intp) for v, t in zip(unpacked, sig.args[2], strict=True)]
            size, strides = context.get_constant(types.intp, 4), []
            for extent in reversed(shape):
                strides.insert(0, size)
                size = b.mul(size, extent)
            out = make_array(kind)(context, b)
            populate_array(
                out,
                data=gep(b, data(context, b, sig.args[0], args[0]), context.cast(b, args[1], sig.args[1], types.intp)),
                shape=cgutils.pack_array(b, shape),
                strides=cgutils.pack_array(b, strides),
                itemsize=context.get_constant(types.intp, 4),
                meminfo=None,
            )
            return out._getvalue()

        return kind(F, at, types.StarArgTuple.from_types(given)), codegen

    return view


@intrinsic
def call(tc, address, F, R, w, k):
    """Call the kernel at an address, passing Numba's own array structures.

    A typed list of first-class functions would recompile its `append` for every kernel in every process (0.2 to 0.6 s each).
    """

    def codegen(context, b, sig, args):
        kinds = [context.get_value_type(t) for t in SIGNATURE.args]
        function = ir.FunctionType(context.get_value_type(types.none), kinds)
        values = [context.cast(b, v, s, t) for v, s, t in zip(args[1:], sig.args[1:], SIGNATURE.args, strict=True)]
        b.call(b.inttoptr(args[0], function.as_pointer()), values)
        return context.get_dummy_value()

    return types.void(types.int64, F, R, w, k), codegen


WORDS = {"view1": _view(1), "view2": _view(2), "view3": _view(3)}
