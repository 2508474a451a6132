"""The register-tiled micro-kernel and the block transpose, as LLVM vectors.

Only the tile's shape (rows, vectors, lanes) is fixed when it is compiled. Extents, strides, the start value and the epilogue are
run-time numbers, so a handful of variants serves every matrix product and every convolution, odd sizes included:
  rows     a row past the end is *clamped* to the last one: computed twice, stored twice with the same value;
  columns  the last vector of C is always masked; that of B is not, because a masked load in the inner loop costs 3 % of a product's
           time. Up to 15 numbers after the last column of B are read and lead to sums that are not stored.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from playground.engine.jit.lanes import F32, I1, I32, I64, constant, data, gep, mask_of, masked, spread

MULTIPLY_ADD = ("contract",)
#: Terms from which on a tile asks ahead for what it will write.
LONG_SUM = 64


def whole(n: int) -> ir.Constant:
    return ir.Constant(I64, n)


def _load(b: Any, pointer: Any, lanes: int = 16) -> Any:
    """A vector that lies anywhere."""
    kind = ir.VectorType(F32, lanes)
    if pointer.type.is_opaque:
        return b.load(pointer, align=4, typ=kind)
    return b.load(b.bitcast(pointer, kind.as_pointer()), align=4)


def _store(b: Any, value: Any, pointer: Any) -> None:
    b.store(value, pointer if pointer.type.is_opaque else b.bitcast(pointer, value.type.as_pointer()), align=4)


class Tile:
    """Emits one tile. b: LLVM builder; base: pointer to F; n: the run-time numbers by name."""

    def __init__(self, b: Any, base: Any, shape: tuple[int, int, int], n: dict[str, Any]) -> None:
        self.b, self.base, self.n = b, base, n
        self.rows, self.vectors, self.lanes = shape
        self.kind = ir.VectorType(F32, self.lanes)
        self.masked_load, self.masked_store = masked(b, self.lanes)
        self.tail = mask_of(b, b.sub(n["cols"], whole((self.vectors - 1) * self.lanes)), self.lanes)

    def block(self, name: str) -> Any:
        return self.b.function.append_basic_block(name)

    def at(self, offset: Any) -> Any:
        return gep(self.b, self.base, offset)

    def load(self, pointer: Any, v: int) -> Any:
        """Vector v of a row."""
        if v == self.vectors - 1:
            return self.masked_load(gep(self.b, pointer, whole(v * self.lanes)), self.tail)
        return self.load_whole(pointer, v)

    def load_whole(self, pointer: Any, v: int) -> Any:
        """Vector v of a row with what lies after the last column."""
        return _load(self.b, gep(self.b, pointer, whole(v * self.lanes)), self.lanes)

    def store(self, value: Any, pointer: Any, v: int) -> None:
        q = gep(self.b, pointer, whole(v * self.lanes))
        if v == self.vectors - 1:
            self.masked_store(value, q, self.tail)
        else:
            _store(self.b, value, q)

    def broadcast(self, pointer: Any) -> Any:
        b = self.b
        number = b.load(pointer, align=4, typ=F32) if pointer.type.is_opaque else b.load(pointer, align=4)
        return spread(b, number, self.kind)

    def phis(self, values: list[Any], source: Any) -> list[Any]:
        """One phi for each value, coming in from `source`."""
        made = [self.b.phi(v.type) for v in values]
        for phi, value in zip(made, values, strict=True):
            phi.add_incoming(value, source)
        return made

    def walk(self, matrix: str) -> list[Any]:
        """Offsets of the rows, relative to the first; a straight line where no row wraps or is clamped."""
        b, rows = self.b, self.n["rows"]
        step, length, wrap, position = (self.n[f"{matrix}_{field}"] for field in ("step", "len", "wrap", "pos"))
        inside = b.icmp_signed("<=", b.add(position, whole(self.rows)), length)
        plain = b.and_(b.icmp_signed(">=", rows, whole(self.rows)), inside)
        fast, slow, join = self.block("walk.fast"), self.block("walk.slow"), self.block("walk.join")
        b.cbranch(plain, fast, slow)
        b.position_at_end(fast)
        straight = [whole(0)] + [b.mul(step, whole(i)) for i in range(1, self.rows)]
        b.branch(join)
        b.position_at_end(slow)
        offset, bent = whole(0), [whole(0)]
        for i in range(1, self.rows):
            onward = b.add(position, whole(1))
            full = b.icmp_signed(">=", onward, length)
            more = b.icmp_signed("<", whole(i), rows)
            offset = b.add(offset, b.select(more, b.select(full, wrap, step), whole(0)))
            position = b.select(full, whole(0), onward)
            bent.append(offset)
        b.branch(join)
        b.position_at_end(join)
        joined = self.phis(straight, fast)
        for phi, value in zip(joined, bent, strict=True):
            phi.add_incoming(value, slow)
        return joined

    def opaque(self, pointer: Any) -> Any:
        """The pointer, hidden from LLVM: it would turn the row pointers into counters and spill them (283 -> 223 GFLOP/s)."""
        return self.b.asm(ir.FunctionType(pointer.type, [pointer.type]), "", "=r,0", [pointer], False)

    def step(self, a_rows: list[Any], a_at: Any, b_at: Any, sums: list[Any]) -> list[Any]:
        """One k: every row's number times the row of B."""
        b = self.b
        line = [self.load_whole(b_at, v) for v in range(self.vectors)]
        out = []
        for i, row in enumerate(a_rows):
            a = self.broadcast(gep(b, row, a_at))
            for v in range(self.vectors):
                product = b.fmul(a, line[v], flags=MULTIPLY_ADD)
                out.append(b.fadd(product, sums[i * self.vectors + v], flags=MULTIPLY_ADD))
        return out

    def reduce(self, a_rows: list[Any], sums: list[Any]) -> list[Any]:
        """The two loops, over S segments of K numbers. K counts down: counting up spills."""
        b, n = self.b, self.n
        entry, b_first = b.block, self.at(n["b"])
        segment, inner, after, done = (self.block(f"tile.{name}") for name in ("segment", "k", "next", "done"))
        b.branch(segment)
        b.position_at_end(segment)
        outer = self.phis([whole(0), whole(0), b_first, *sums], entry)
        b.branch(inner)
        b.position_at_end(inner)
        state = self.phis([n["K"], *outer[1:]], segment)
        left, a_at, b_at, running = state[0], state[1], state[2], state[3:]
        out = self.step(a_rows, a_at, b_at, running)
        onward = [b.sub(left, whole(1)), b.add(a_at, n["a_ks"]), gep(b, b_at, n["b_ks"]), *out]
        for phi, value in zip(state, onward, strict=True):
            phi.add_incoming(value, inner)
        b.cbranch(b.icmp_signed(">", onward[0], whole(0)), inner, after)
        b.position_at_end(after)
        s = b.add(outer[0], whole(1))
        following = [s, b.add(outer[1], n["a_ss"]), gep(b, outer[2], n["b_ss"]), *out]
        for phi, value in zip(outer, following, strict=True):
            phi.add_incoming(value, after)
        b.cbranch(b.icmp_signed("<", s, n["S"]), segment, done)
        b.position_at_end(done)
        return out

    def finish(self, c_rows: list[Any], sums: list[Any]) -> None:
        """Epilogue and stores: a branch for each kind."""
        b, zero = self.b, constant(0.0, self.kind)
        at_c, at_mask = self.at(self.n["c"]), self.at(self.n["mask"])
        blocks = [self.block(f"tile.{name}") for name in ("plain", "relu", "masked", "squared")]
        end = self.block("tile.end")
        switch = b.switch(self.n["epilogue"], blocks[0])
        switch.add_case(whole(1), blocks[1])
        switch.add_case(whole(2), blocks[2])
        switch.add_case(whole(4), blocks[3])
        for kind, block in enumerate(blocks):
            b.position_at_end(block)
            for i, offset in enumerate(c_rows):
                for v in range(self.vectors):
                    value = sums[i * self.vectors + v]
                    if kind == 1:
                        value = b.select(b.fcmp_ordered("<", value, zero), zero, value)
                    elif kind == 2:
                        judge = self.load(gep(b, at_mask, offset), v)
                        value = b.select(b.fcmp_ordered("==", judge, zero), zero, value)
                    self.store(value, gep(b, at_c, offset), v)
            if kind == 3:
                self.add_squares(sums)
            b.branch(end)
        b.position_at_end(end)

    def add_squares(self, sums: list[Any]) -> None:
        """Add the squares of what is stored to the numbers at `mask`. A clamped row counts once, and nothing beyond the last column."""
        b, zero = self.b, constant(0.0, self.kind)
        at = self.at(self.n["mask"])
        totals = [zero] * self.vectors
        for i in range(self.rows):
            for v in range(self.vectors):
                value = sums[i * self.vectors + v]
                if i:
                    value = b.select(b.icmp_signed(">", self.n["rows"], whole(i)), value, zero)
                totals[v] = b.fadd(b.fmul(value, value, flags=MULTIPLY_ADD), totals[v], flags=MULTIPLY_ADD)
        totals[-1] = b.select(self.tail, totals[-1], zero)
        total = _load(b, at, self.lanes)
        for one in totals:
            total = b.fadd(total, one, flags=MULTIPLY_ADD)
        _store(b, total, at)

    def fetch(self, pointer: Any, *, write: bool) -> None:
        """Ask for the cache lines of a row; they are on their way while the sums are made."""
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(), I32, I32, I32])
        ask = cgutils.get_or_insert_function(self.b.module, kind, "llvm.prefetch.p0")
        hints = [ir.Constant(I32, n) for n in (int(write), 3, 1)]  # to be read or written, into the nearest cache, data
        for v in range(self.vectors):
            self.b.call(ask, [gep(self.b, pointer, whole(v * self.lanes)), *hints])

    def claim(self, pointer: Any) -> None:
        """Write the first number of every vector back as it is: that takes its cache line from the other cores, as asking ahead does not.
        LLVM must not see that it is the same number."""
        b, kind = self.b, ir.FunctionType(I32, [I32])
        for v in range(self.vectors):
            at = gep(b, pointer, whole(v * self.lanes))
            if not at.type.is_opaque:
                at = b.bitcast(at, I32.as_pointer())
            number = b.load(at, align=4, typ=I32) if at.type.is_opaque else b.load(at, align=4)
            b.store(b.asm(kind, "", "=r,0", [number], False), at, align=4)

    def fetch_ahead(self, c_rows: list[Any]) -> None:
        """What the end of the tile touches for the first time: C, and the mask where there is one. For short sums it costs more than
        it gains. Also, however short, what comes to be written after this product and other cores have read (epilogue 3)."""
        b, n = self.b, self.n
        asked, judged, onward = self.block("fetch.rows"), self.block("fetch.mask"), self.block("fetch.done")
        claimed, counted = self.block("fetch.claim"), self.block("fetch.count")
        b.cbranch(b.icmp_signed("==", n["epilogue"], whole(3)), claimed, counted)
        b.position_at_end(claimed)
        for offset in c_rows:
            self.claim(gep(b, self.at(n["mask"]), offset))
        b.branch(counted)
        b.position_at_end(counted)
        b.cbranch(b.icmp_signed(">=", b.mul(n["K"], n["S"]), whole(LONG_SUM)), asked, onward)
        b.position_at_end(asked)
        for offset in c_rows:
            self.fetch(gep(b, self.at(n["c"]), offset), write=True)
        b.cbranch(b.icmp_signed("==", n["epilogue"], whole(2)), judged, onward)
        b.position_at_end(judged)
        for offset in c_rows:
            self.fetch(gep(b, self.at(n["mask"]), offset), write=False)
        b.branch(onward)
        b.position_at_end(onward)

    def emit(self) -> None:
        b, n = self.b, self.n
        first = self.at(n["a"])
        a_rows = [self.opaque(gep(b, first, offset)) for offset in self.walk("a")]
        c_rows = self.walk("c")
        self.fetch_ahead(c_rows)
        start = self.at(n["start"])
        sums = []
        for offset in c_rows:
            pointer = gep(b, start, b.mul(n["start_follows"], offset))
            sums += [self.load(pointer, v) for v in range(self.vectors)]
        self.finish(c_rows, self.reduce(a_rows, sums))


NUMBERS = (
    "rows", "cols", "K", "S", "a", "a_step", "a_len", "a_wrap", "a_pos", "a_ks", "a_ss", "b", "b_ks", "b_ss",
    "c", "c_step", "c_len", "c_wrap", "c_pos", "start", "start_follows", "epilogue", "mask",
)  # fmt: skip


@intrinsic(prefer_literal=True)
def tile(
    tc, F, MR, NV, VL, rows, cols, K, S, a, a_step, a_len, a_wrap, a_pos, a_ks, a_ss, b, b_ks, b_ss,
    c, c_step, c_len, c_wrap, c_pos, start, start_follows, epilogue, mask,
):  # fmt: skip
    """See `vocabulary.tile`."""
    if not all(isinstance(t, types.IntegerLiteral) for t in (MR, NV, VL)):
        return None
    shape = (MR.literal_value, NV.literal_value, VL.literal_value)
    given = (
        rows, cols, K, S, a, a_step, a_len, a_wrap, a_pos, a_ks, a_ss, b, b_ks, b_ss,
        c, c_step, c_len, c_wrap, c_pos, start, start_follows, epilogue, mask,
    )  # fmt: skip

    def codegen(context, builder, sig, args):
        def number(j: int) -> Any:
            t = sig.args[j]
            if isinstance(t, types.IntegerLiteral):
                return whole(t.literal_value)
            return context.cast(builder, args[j], t, types.int64)

        numbers = {name: number(4 + j) for j, name in enumerate(NUMBERS)}
        Tile(builder, data(context, builder, sig.args[0], args[0]), shape, numbers).emit()
        return context.get_dummy_value()

    return types.void(F, MR, NV, VL, *given), codegen


BLOCK = 16


def _interleave(b: Any, v: list[Any]) -> list[Any]:
    """A square of vectors, transposed by log2(n) rounds of interleaving v[i] with v[i + n/2]."""
    n, half = len(v), len(v) // 2
    order = ir.VectorType(I32, n)
    low = ir.Constant(order, [x for i in range(half) for x in (i, n + i)])
    high = ir.Constant(order, [x for i in range(half, n) for x in (i, n + i)])
    rounds = n
    while rounds > 1:
        pairs = [(v[i], v[i + half]) for i in range(half)]
        v = [b.shuffle_vector(x, y, order) for x, y in pairs for order in (low, high)]
        rounds //= 2
    return v


@intrinsic
def transpose_block(tc, F, source, source_ld, target, target_ld, rows, cols):
    """See `vocabulary.transpose_block`."""

    def codegen(context, b, sig, args):
        base = data(context, b, sig.args[0], args[0])
        at, ld, to, to_ld, rows, cols = (context.cast(b, args[j], sig.args[j], types.int64) for j in range(1, 7))
        first, out = gep(b, base, at), gep(b, base, to)
        fits = b.and_(*(b.icmp_signed(">=", n, whole(BLOCK)) for n in (rows, cols)))
        with b.if_else(fits, likely=True) as (plain, bent):
            with plain:  # under masks it takes a third longer
                v = [_load(b, gep(b, first, b.mul(ld, whole(r)))) for r in range(BLOCK)]
                for c, column in enumerate(_interleave(b, v)):
                    _store(b, column, gep(b, out, b.mul(to_ld, whole(c))))
            with bent:
                load, store = masked(b, BLOCK)
                off = ir.Constant(ir.VectorType(I1, BLOCK), [0] * BLOCK)
                row_mask, column_mask = mask_of(b, rows, BLOCK), mask_of(b, cols, BLOCK)

                def kept(i: int, limit: Any, mask: Any) -> Any:
                    return b.select(b.icmp_signed("<", whole(i), limit), mask, off)

                v = [load(gep(b, first, b.mul(ld, whole(r))), kept(r, rows, column_mask)) for r in range(BLOCK)]
                for c, column in enumerate(_interleave(b, v)):
                    store(column, gep(b, out, b.mul(to_ld, whole(c))), kept(c, cols, row_mask))
        return context.get_dummy_value()

    return types.void(F, source, source_ld, target, target_ld, rows, cols), codegen


WORDS = {"tile": tile, "transpose_block": transpose_block}
