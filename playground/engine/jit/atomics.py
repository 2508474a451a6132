"""The words of `engine.atomics` in LLVM."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from playground.engine.jit.lanes import I32, I64, data, gep

#: The system's function for `rest`, under a name of our own: machine code on the disk finds it by that in any process.
REST = "playground_rest"
REST_MICROSECONDS = 50
#: What a waiting loop says to the processor, by the first letters of LLVM's name for the machine: intrinsic and its number, if any.
RELAX = {"x86_64": ("llvm.x86.sse2.pause", None), "aarch64": ("llvm.aarch64.hint", 1), "arm64": ("llvm.aarch64.hint", 1)}


def _resting() -> int:
    """The address of a function of one number that gives up the processor."""
    if sys.platform == "win32":
        function: Any = ctypes.windll.kernel32.SwitchToThread  # takes no number, and leaves one that is passed alone
    else:
        function = ctypes.CDLL(None).usleep
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


llvm.add_symbol(REST, _resting())


def _cell(context: Any, b: Any, sig: Any, args: Any) -> Any:
    """The address of a cell."""
    return gep(b, data(context, b, sig.args[0], args[0]), _number(context, b, sig, args, 1), I64)


def _number(context: Any, b: Any, sig: Any, args: Any, place: int) -> Any:
    return context.cast(b, args[place], sig.args[place], types.int64)


@intrinsic
def acquire(tc, cells, at):
    def codegen(context, b, sig, args):
        return b.load_atomic(_cell(context, b, sig, args), "acquire", 8, typ=I64)

    return types.int64(cells, at), codegen


@intrinsic
def release(tc, cells, at, value):
    def codegen(context, b, sig, args):
        b.store_atomic(_number(context, b, sig, args, 2), _cell(context, b, sig, args), "release", 8)
        return context.get_dummy_value()

    return types.void(cells, at, value), codegen


@intrinsic
def fetch_add(tc, cells, at, n):
    def codegen(context, b, sig, args):
        return b.atomic_rmw("add", _cell(context, b, sig, args), _number(context, b, sig, args, 2), "acq_rel")

    return types.int64(cells, at, n), codegen


@intrinsic
def exchange(tc, cells, at, old, new):
    def codegen(context, b, sig, args):
        old, new = (_number(context, b, sig, args, place) for place in (2, 3))
        return b.extract_value(b.cmpxchg(_cell(context, b, sig, args), old, new, "acq_rel", "acquire"), 1)

    return types.boolean(cells, at, old, new), codegen


@intrinsic
def relax(tc):
    def codegen(context, b, sig, args):
        machine = llvm.get_process_triple().partition("-")[0]
        if machine in RELAX:
            name, number = RELAX[machine]
            given = [] if number is None else [ir.Constant(I32, number)]
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
            b.call(cgutils.get_or_insert_function(b.module, kind, name), given)
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def rest(tc):
    def codegen(context, b, sig, args):
        kind = ir.FunctionType(I32, [I32])
        b.call(cgutils.get_or_insert_function(b.module, kind, REST), [ir.Constant(I32, REST_MICROSECONDS)])
        return context.get_dummy_value()

    return types.void(), codegen


WORDS = {
    "acquire": acquire, "release": release, "fetch_add": fetch_add, "exchange": exchange, "relax": relax, "rest": rest,
}  # fmt: skip
