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


def loss_of(spec: dict[str, Any]) -> Any:
    """Mean cross-entropy of a batch as a function of (parameters, x, y)."""

    def norm(x: Any, scale: Any, shift: Any) -> Any:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift

    def conv(x: Any, w: Any, b: Any) -> Any:
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b

    def loss(p: list[Any], x: Any, y: Any) -> Any:
        at = 0
        for kind, *rest in spec["layers"]:
            if kind == "pool":
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
                continue
            w, b, at = p[at], p[at + 1], at + 2
            if kind == "conv":
                x = conv(x, w, b)
                if rest[1]:
                    x, at = norm(x, p[at], p[at + 1]), at + 2
                x = jax.nn.relu(x)
            else:
                x = x.reshape(x.shape[0], -1) @ w + b
                x = jax.nn.relu(x) if rest[1] == "relu" else jnp.tanh(x) if rest[1] == "tanh" else x
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1))

    return loss


def adam(p: Any, g: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    m, v = slots
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    new = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), p, m, v)
    return new, (m, v)


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
        n, rows, loss = spec["batch"], spec["rows"], loss_of(spec)
        update = adam if spec["optimizer"] == "adam" else momentum

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
