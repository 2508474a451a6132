"""Lanes in LLVM: sixteen float32 values as one Numba value with operators."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin, lower_cast
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model
from numba.np.arrayobj import make_array

from playground.engine.jit.pipeline import FIRST

LANES = 16
F32, I32, I64, I1 = ir.FloatType(), ir.IntType(32), ir.IntType(64), ir.IntType(1)
VECTOR, MASK, WHOLE = ir.VectorType(F32, LANES), ir.VectorType(I1, LANES), ir.VectorType(I32, LANES)
#: Fast-math flags that may round otherwise but never assume that there is no NaN.
FLAGS = ("contract", "nsz", "arcp")


class LanesType(types.Type):
    def __init__(self) -> None:
        super().__init__("Lanes")


class MaskType(types.Type):
    def __init__(self) -> None:
        super().__init__("LaneMask")


lanes_t, mask_t = LanesType(), MaskType()


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, VECTOR)


@register_model(MaskType)
class MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, MASK)


def constant(value: float, kind: ir.VectorType = VECTOR) -> ir.Constant:
    """The same literal in every lane."""
    return ir.Constant(kind, [value] * kind.count)


def spread(b: Any, x: Any, kind: ir.VectorType = VECTOR) -> Any:
    """The same run-time scalar in every lane."""
    undefined = ir.Constant(kind, ir.Undefined)
    first = b.insert_element(undefined, x, ir.Constant(I32, 0))
    return b.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(I32, kind.count), [0] * kind.count))


def mask_of(b: Any, n: Any, lanes: int = LANES) -> Any:
    """<lanes x i1> with the first n on; n is an i64, and everything from `lanes` up counts as `lanes`."""
    limit = ir.Constant(I64, lanes)
    clipped = b.trunc(b.select(b.icmp_signed("<", n, limit), n, limit), I32)
    whole = ir.VectorType(I32, lanes)
    return b.icmp_signed("<", ir.Constant(whole, list(range(lanes))), spread(b, clipped, whole))


def masked(b: Any, lanes: int = LANES) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any, Any], Any]]:
    """(load(pointer, mask), store(vector, pointer, mask)) of unaligned float32; lanes that are off read as 0."""
    kind, bits, pointer = ir.VectorType(F32, lanes), ir.VectorType(I1, lanes), ir.PointerType()
    read = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(kind, [pointer, I32, bits, kind]), f"llvm.masked.load.v{lanes}f32.p0"
    )
    write = cgutils.get_or_insert_function(
        b.module, ir.FunctionType(ir.VoidType(), [kind, pointer, I32, bits]), f"llvm.masked.store.v{lanes}f32.p0"
    )
    zero, four = constant(0.0, kind), ir.Constant(I32, 4)
    return (lambda at, m: b.call(read, [at, four, m, zero])), (lambda v, at, m: b.call(write, [v, at, four, m]))


def gep(b: Any, pointer: Any, offset: Any, kind: Any = F32) -> Any:
    """The address `offset` numbers further on, whether LLVM's pointers are typed or not."""
    return b.gep(pointer, [offset], source_etype=kind) if pointer.type.is_opaque else b.gep(pointer, [offset])


def data(context: Any, b: Any, kind: Any, array: Any) -> Any:
    """Pointer to an array's first element."""
    return make_array(kind)(context, b, array).data


def as_lanes(context: Any, b: Any, value: Any, kind: Any) -> Any:
    """A value or a number as lanes."""
    if isinstance(kind, LanesType):
        return value
    return spread(b, context.cast(b, value, kind, types.float32))


@lower_cast(types.Float, LanesType)
@lower_cast(types.Integer, LanesType)
def number_to_lanes(context: Any, b: Any, given: Any, wanted: Any, value: Any) -> Any:
    return as_lanes(context, b, value, given)


def _operator(functions: tuple[Any, ...], emit: Callable[[Any, Any, Any], Any], operand: Any, result: Any) -> None:
    """Give operators a meaning for (operand, operand), either of which may be a number."""

    class Template(AbstractTemplate):
        metadata = FIRST

        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) == 2 and operand in args:
                return signature(result, operand, operand)
            return None

    for function in functions:
        infer_global(function)(type(f"{function.__name__}_lanes", (Template,), {}))
        lower_builtin(function, operand, operand)(lambda context, b, sig, args: emit(b, *args))


_operator((operator.add, operator.iadd), lambda b, x, y: b.fadd(x, y, flags=FLAGS), lanes_t, lanes_t)
_operator((operator.sub, operator.isub), lambda b, x, y: b.fsub(x, y, flags=FLAGS), lanes_t, lanes_t)
_operator((operator.mul, operator.imul), lambda b, x, y: b.fmul(x, y, flags=FLAGS), lanes_t, lanes_t)
_operator((operator.truediv, operator.itruediv), lambda b, x, y: b.fdiv(x, y, flags=FLAGS), lanes_t, lanes_t)
for _compare, _sign in ((operator.gt, ">"), (operator.ge, ">="), (operator.lt, "<"), (operator.le, "<="), (operator.eq, "==")):
    _operator((_compare,), lambda b, x, y, sign=_sign: b.fcmp_ordered(sign, x, y), lanes_t, mask_t)  # type: ignore[misc]
_operator((operator.ne,), lambda b, x, y: b.fcmp_unordered("!=", x, y), lanes_t, mask_t)
_operator((operator.and_,), lambda b, x, y: b.and_(x, y), mask_t, mask_t)
_operator((operator.or_,), lambda b, x, y: b.or_(x, y), mask_t, mask_t)


@infer_global(operator.invert)
class InvertMask(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(mask_t, mask_t) if args == (mask_t,) else None


@lower_builtin(operator.invert, mask_t)
def invert_mask(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.not_(args[0])


@infer_global(operator.neg)
class NegateLanes(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        return signature(lanes_t, lanes_t) if args == (lanes_t,) else None


@lower_builtin(operator.neg, lanes_t)
def negate_lanes(context: Any, b: Any, sig: Any, args: Any) -> Any:
    return b.fsub(constant(-0.0), args[0], flags=FLAGS)


@intrinsic
def load(tc, F, at, n):
    def codegen(context, b, sig, args):
        at, n = (context.cast(b, args[j], sig.args[j], types.int64) for j in (1, 2))
        return masked(b)[0](gep(b, data(context, b, sig.args[0], args[0]), at), mask_of(b, n))

    return lanes_t(F, at, n), codegen


@intrinsic
def store(tc, F, at, n, x):
    def codegen(context, b, sig, args):
        at, n = (context.cast(b, args[j], sig.args[j], types.int64) for j in (1, 2))
        value = as_lanes(context, b, args[3], sig.args[3])
        masked(b)[1](value, gep(b, data(context, b, sig.args[0], args[0]), at), mask_of(b, n))
        return context.get_dummy_value()

    return types.void(F, at, n, x), codegen


@intrinsic
def splat(tc, x):
    return lanes_t(x), lambda context, b, sig, args: as_lanes(context, b, args[0], sig.args[0])


@intrinsic
def ramp(tc, x):
    def codegen(context, b, sig, args):
        return b.fadd(as_lanes(context, b, args[0], sig.args[0]), ir.Constant(VECTOR, [float(i) for i in range(LANES)]))

    return lanes_t(x), codegen


@intrinsic
def where(tc, mask, x, y):
    def codegen(context, b, sig, args):
        return b.select(args[0], as_lanes(context, b, args[1], sig.args[1]), as_lanes(context, b, args[2], sig.args[2]))

    return lanes_t(mask, x, y), codegen


def _called(name: str, count: int) -> Any:
    """A word that is one LLVM intrinsic on lanes."""

    def emit(context: Any, b: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(VECTOR, [VECTOR] * count)
        function = cgutils.get_or_insert_function(b.module, kind, f"llvm.{name}.v{LANES}f32")
        return b.call(function, [as_lanes(context, b, v, t) for v, t in zip(args, sig.args, strict=True)], fastmath=("nsz",))

    if count == 1:

        @intrinsic
        def unary(tc, x):
            return lanes_t(x), emit

        return unary

    @intrinsic
    def binary(tc, x, y):
        return lanes_t(x, y), emit

    return binary


vsqrt, vfloor, vabs = _called("sqrt", 1), _called("floor", 1), _called("fabs", 1)
vmax, vmin = _called("maximum", 2), _called("minimum", 2)


def _reduction(combine: Callable[[Any, Any, Any], Any]) -> Any:
    """Halves combined with halves, down to one number."""

    @intrinsic
    def reduced(tc, x):
        def codegen(context, b, sig, args):
            v, n = args[0], LANES
            while n > 1:
                n //= 2
                upper = ir.Constant(WHOLE, [i + n if i < n else 0 for i in range(LANES)])
                v = combine(b, v, b.shuffle_vector(v, ir.Constant(VECTOR, ir.Undefined), upper))
            return b.extract_element(v, ir.Constant(I32, 0))

        return types.float32(x), codegen

    return reduced


def _larger(b: Any, x: Any, y: Any) -> Any:
    """NaN in either gives NaN."""
    return b.select(b.or_(b.fcmp_ordered(">", x, y), b.fcmp_unordered("!=", x, x)), x, y)


hsum, hmax = _reduction(lambda b, x, y: b.fadd(x, y)), _reduction(_larger)


@intrinsic
def pow2(tc, n):
    def codegen(context, b, sig, args):
        # Adding 1.5 * 2**23 leaves n in the low bits, whatever n is: a conversion of NaN would be undefined.
        low = b.bitcast(b.fadd(args[0], constant(12582912.0)), WHOLE)
        return b.bitcast(b.shl(b.add(low, constant(127, WHOLE)), constant(23, WHOLE)), VECTOR)

    return lanes_t(n), codegen


@intrinsic
def exponent(tc, x):
    def codegen(context, b, sig, args):
        field = b.and_(b.lshr(b.bitcast(args[0], WHOLE), constant(23, WHOLE)), constant(255, WHOLE))
        return b.sitofp(b.sub(field, constant(126, WHOLE)), VECTOR)

    return lanes_t(x), codegen


@intrinsic
def mantissa(tc, x):
    def codegen(context, b, sig, args):
        field = b.and_(b.bitcast(args[0], WHOLE), constant(0x007FFFFF, WHOLE))
        return b.bitcast(b.or_(field, constant(0x3F000000, WHOLE)), VECTOR)

    return lanes_t(x), codegen


def _mix(b: Any, x: Any) -> Any:
    """`rng.mix` on lanes."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = b.mul(b.xor(x, b.lshr(x, constant(shift, WHOLE))), constant(factor, WHOLE))
    return b.xor(x, b.lshr(x, constant(16, WHOLE)))


@intrinsic
def uniform(tc, key, index):
    def codegen(context, b, sig, args):
        key, index = (b.trunc(context.cast(b, args[j], sig.args[j], types.int64), I32) for j in (0, 1))
        counter = b.add(spread(b, b.add(key, index), WHOLE), ir.Constant(WHOLE, list(range(LANES))))
        second = spread(b, b.mul(key, ir.Constant(I32, 0xC2B2AE35)), WHOLE)
        bits = _mix(b, b.xor(_mix(b, counter), second))
        return b.fmul(b.uitofp(b.lshr(bits, constant(8, WHOLE)), VECTOR), constant(2.0**-24))

    return lanes_t(key, index), codegen


@intrinsic
def as_float(tc, bits):
    def codegen(context, b, sig, args):
        return b.bitcast(b.trunc(context.cast(b, args[0], sig.args[0], types.int64), I32), F32)

    return types.float32(bits), codegen


@intrinsic
def ahead(tc, F, at):
    """See `vocabulary.ahead`."""

    def codegen(context, b, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(), I32, I32, I32])
        ask = cgutils.get_or_insert_function(b.module, kind, "llvm.prefetch.p0")
        place = gep(b, data(context, b, sig.args[0], args[0]), context.cast(b, args[1], sig.args[1], types.int64))
        b.call(ask, [place, *(ir.Constant(I32, n) for n in (1, 3, 1))])  # to be written, into the nearest cache, data
        return context.get_dummy_value()

    return types.void(F, at), codegen


WORDS = {
    "load": load, "store": store, "ahead": ahead, "splat": splat, "ramp": ramp, "where": where, "vmax": vmax, "vmin": vmin, "vabs": vabs,
    "vsqrt": vsqrt, "vfloor": vfloor, "hsum": hsum, "hmax": hmax, "pow2": pow2, "exponent": exponent, "mantissa": mantissa,
    "uniform": uniform, "as_float": as_float,
}  # fmt: skip
