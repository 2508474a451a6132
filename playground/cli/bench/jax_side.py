"""JAX's side of a workload, a script of its own that any Python with jax and numpy can run.

Reads {"workload", "weights", "data", "mode", "chunk"} as the first line, then {"check": steps} or {"steps": n} commands. mode "jit" compiles
one step, "scan" a `lax.scan` over `chunk` steps; weights are ours, so that the losses can be compared.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def recurrent(kind: str, x: Any, w: Any, u: Any, b: Any, c: Any) -> Any:
    """States of all steps; gates in PyTorch's order."""
    units, z = u.shape[0], x.swapaxes(0, 1) @ w + b

    def lstm(carry: Any, z: Any) -> Any:
        h, s = carry
        i, f, g, o = jnp.split(z + h @ u + c, 4, 1)
        s = jax.nn.sigmoid(f) * s + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(s)
        return (h, s), h

    def gru(carry: Any, z: Any) -> Any:
        h, s = carry
        (zr, zu, zn), (r, v, n) = jnp.split(z, 3, 1), jnp.split(h @ u + c, 3, 1)
        n = jnp.tanh(zn + jax.nn.sigmoid(zr + r) * n)
        h = n + jax.nn.sigmoid(zu + v) * (h - n)
        return (h, s), h

    zeros = jnp.zeros((x.shape[0], units))
    return jax.lax.scan(lstm if kind == "lstm" else gru, (zeros, zeros), z)[1].swapaxes(0, 1)


def loss_of(spec: dict[str, Any]) -> Any:
    """Mean cross-entropy of a batch as a function of (parameters, x, y)."""

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift

    def conv(x: Any, w: Any, b: Any) -> Any:
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b

    def row_norm(x: Any, scale: Any, shift: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * scale + shift

    def positions(steps: int, features: int) -> Any:
        """Vaswani et al. (2017), section 3.5."""
        n = np.arange(features)
        angle = np.arange(steps)[:, None] / 10000.0 ** (n // 2 * 2 / features)
        return np.where(n % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)

    def encoder(x: Any, heads: int, w: list[Any]) -> Any:
        """Query, key, value, output, norm, hidden, feed, norm: each a matrix or gain and a bias."""
        batch, steps, width = x.shape
        q, k, v = ((x @ w[n] + w[n + 1]).reshape(batch, steps, heads, -1) for n in (0, 2, 4))
        shares = jax.nn.softmax(jnp.einsum("bqhe,bkhe->bhqk", q, k) / np.float32(np.sqrt(width // heads)))
        y = jnp.einsum("bhqk,bkhe->bqhe", shares, v).reshape(x.shape)
        x = row_norm(x + y @ w[6] + w[7], w[8], w[9])
        return row_norm(x + jax.nn.relu(x @ w[10] + w[11]) @ w[12] + w[13], w[14], w[15])

    def loss(p: list[Any], x: Any, y: Any) -> Any:
        at = 0
        for kind, *rest in spec["layers"]:
            if kind == "pool":
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
                continue
            if kind == "embedding":
                x, at = p[at][x], at + 1
                continue
            if kind in ("lstm", "gru"):
                x, at = recurrent(kind, x, *p[at : at + 4]), at + 4
                continue
            if kind == "positions":
                x = x + positions(*x.shape[1:])
                continue
            if kind == "encoder":
                x, at = encoder(x, rest[0], p[at : at + 16]), at + 16
                continue
            w, b, at = p[at], p[at + 1], at + 2
            if kind == "conv":
                x = conv(x, w, b)
                if rest[1]:
                    x, at = norm(x, p[at], p[at + 1]), at + 2
                x = jax.nn.relu(x)
            else:
                x = (x if spec["tokens"] else x.reshape(x.shape[0], -1)) @ w + b
                x = jax.nn.relu(x) if rest[1] == "relu" else jnp.tanh(x) if rest[1] == "tanh" else x
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[..., None], -1))

    return loss


def adam(p: Any, g: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    m, v = slots
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    new = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), p, m, v)
    return new, (m, v)


def adamw(p: Any, g: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    """Decay 0.01 for matrices."""
    return adam(jax.tree.map(lambda p: p * (1 - 1e-5) if p.ndim > 1 else p, p), g, slots, t)


def momentum(p: Any, g: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    m = jax.tree.map(lambda m, g: 0.9 * m + g, slots[0], g)
    return jax.tree.map(lambda p, m: p - 1e-3 * m, p, m), (m, slots[1])


class Side:
    """The state and its compiled step."""

    def __init__(self, setup: dict[str, Any]) -> None:
        spec = setup["workload"]
        with np.load(setup["weights"]) as file:
            p = [jnp.asarray(file[f"p{n}"]) for n in range(len(file.files))]
        with np.load(setup["data"]) as file:
            x_all, y_all = jnp.asarray(file["x"]), jnp.asarray(file["y"].astype(np.int32))
        if spec["tokens"]:
            x_all = x_all.astype(jnp.int32)
        n, rows, loss = spec["batch"], spec["rows"], loss_of(spec)
        update = {"adam": adam, "adamw": adamw, "momentum": momentum}[spec["optimizer"]]

        def step(c: Any, _: Any) -> Any:
            p, slots, t, i = c
            x, y = jax.lax.dynamic_slice_in_dim(x_all, i, n), jax.lax.dynamic_slice_in_dim(y_all, i, n)
            value, g = jax.value_and_grad(loss)(p, x, y)
            p, slots = update(p, g, slots, t + 1)
            return (p, slots, t + 1, (i + n) % rows), value

        zeros = jax.tree.map(jnp.zeros_like, p)
        self.carry = (p, (zeros, zeros), jnp.float32(0), jnp.int32(0))
        self.scan, self.chunk = setup["mode"] == "scan", setup["chunk"]
        self.one = jax.jit(step)
        self.many = jax.jit(lambda c: jax.lax.scan(step, c, None, length=self.chunk))

    def run(self, steps: int) -> float:
        """Seconds a step took."""
        start = time.perf_counter()
        if self.scan:
            done = -(-steps // self.chunk) * self.chunk
            for _ in range(done // self.chunk):
                self.carry, values = self.many(self.carry)
        else:
            done = steps
            for _ in range(steps):
                self.carry, values = self.one(self.carry, None)
        jax.block_until_ready(values)
        return (time.perf_counter() - start) * steps / done


def main() -> None:
    setup = json.loads(sys.stdin.readline())
    side = Side(setup)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if "check" in command:
            found = []
            for _ in range(command["check"]):
                side.carry, value = side.one(side.carry, None)
                found.append(float(value))
            answer: dict[str, Any] = {"losses": found}
        else:
            answer = {"seconds": side.run(command["steps"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
