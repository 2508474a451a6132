"""PyTorch's side of a workload, a script of its own: never imported by the product, and never with Numba in its process.

Reads {"workload", "weights", "data", "threads", "format"} as the first line, then {"check": steps} or {"steps": n} commands.
Eager, fused optimizer; format is "channels_last", "contiguous" or, for sequences, "steps_first"; weights are ours, so that the losses can be compared.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np


def network(spec: dict[str, Any], format: str) -> Any:
    """The layers of the description as a Sequential."""
    import torch
    from torch import nn

    class States(nn.Module):
        """A recurrent layer that gives its states only."""

        def __init__(self, kind: str, features: int, units: int) -> None:
            super().__init__()
            self.inner = getattr(nn, kind.upper())(features, units, batch_first=format != "steps_first")

        def forward(self, x: Any) -> Any:
            return self.inner(x)[0]

    class Positions(nn.Module):
        """Adds the codes of Vaswani et al. (2017), section 3.5."""

        def __init__(self, steps: int, features: int) -> None:
            super().__init__()
            n = np.arange(features)
            angle = np.arange(steps)[:, None] / 10000.0 ** (n // 2 * 2 / features)
            code = torch.from_numpy(np.where(n % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32))
            self.register_buffer("code", code[:, None] if format == "steps_first" else code)

        def forward(self, x: Any) -> Any:
            return x + self.code

    modules: list[Any] = []
    shape = list(spec["shape"])
    for kind, *rest in spec["layers"]:
        if kind == "conv":
            modules.append(nn.Conv2d(shape[2], rest[0], 3, padding=1))
            modules += [nn.BatchNorm2d(rest[0])] if rest[1] else []
            modules.append(nn.ReLU())
            shape[2] = rest[0]
        elif kind == "embedding":
            modules.append(nn.Embedding(spec["tokens"], rest[0]))
            shape = [rest[0]]
        elif kind in ("lstm", "gru"):
            modules.append(States(kind, shape[0], rest[0]))
            shape = [rest[0]]
        elif kind == "positions":
            modules.append(Positions(spec["shape"][0], shape[0]))
        elif kind == "encoder":
            first = format != "steps_first"
            modules.append(nn.TransformerEncoderLayer(shape[0], rest[0], rest[1], 0.0, batch_first=first))
        elif kind == "pool":
            modules.append(nn.MaxPool2d(2))
            shape = [shape[0] // 2, shape[1] // 2, shape[2]]
        else:
            if len(shape) == 3:
                modules.append(nn.Flatten())
            modules.append(nn.Linear(int(np.prod(shape)), rest[0]))
            modules += [nn.ReLU() if rest[1] == "relu" else nn.Tanh()] if rest[1] else []
            shape = [rest[0]]
    return nn.Sequential(*modules)


def take_over(model: Any, weights: list[np.ndarray], shape: list[int]) -> None:
    """Our weights in PyTorch's order of axes; the first dense layer after a flatten counts its inputs channels first."""
    import torch
    from torch import nn

    at = 0
    height, width, channels = shape if len(shape) == 3 else (0, 0, 0)
    flattened = False
    with torch.no_grad():
        for module in model:
            if isinstance(module, nn.Flatten):
                flattened = True
            elif isinstance(module, nn.MaxPool2d):
                height, width = height // 2, width // 2
            if isinstance(module, nn.Embedding):
                module.weight.copy_(torch.from_numpy(weights[at].copy()))
                at += 1
            if hasattr(module, "inner"):
                for parameter in module.inner.parameters():
                    w = torch.from_numpy(weights[at].copy())
                    parameter.copy_(w.T if w.ndim == 2 else w)
                    at += 1
            if isinstance(module, nn.TransformerEncoderLayer):
                take_over_block(module, [torch.from_numpy(w.copy()) for w in weights[at : at + 16]])
                at += 16
            if not isinstance(module, nn.Linear | nn.Conv2d | nn.BatchNorm2d):
                continue
            w = torch.from_numpy(weights[at].copy())
            if isinstance(module, nn.Conv2d):
                w, channels = w.permute(3, 2, 0, 1), module.out_channels
            elif isinstance(module, nn.Linear):
                if flattened:
                    w = w.reshape(height, width, channels, -1).permute(2, 0, 1, 3).reshape(w.shape)
                w, flattened = w.T, False
            module.weight.copy_(w)
            module.bias.copy_(torch.from_numpy(weights[at + 1].copy()))
            at += 2


def take_over_block(block: Any, w: list[Any]) -> None:
    """The weights of one of our encoder blocks: query, key, value, output, norm, hidden, feed, norm; each with its bias."""
    import torch

    attention = block.self_attn
    attention.in_proj_weight.copy_(torch.cat([w[0].T, w[2].T, w[4].T]))
    attention.in_proj_bias.copy_(torch.cat([w[1], w[3], w[5]]))
    targets = (attention.out_proj, block.norm1, block.linear1, block.linear2, block.norm2)
    for module, at in zip(targets, range(6, 16, 2), strict=True):
        module.weight.copy_(w[at].T if w[at].ndim == 2 else w[at])
        module.bias.copy_(w[at + 1])


class Side:
    """The training loop as PyTorch users write it."""

    def __init__(self, setup: dict[str, Any]) -> None:
        import torch

        torch.set_num_threads(setup["threads"])
        spec = setup["workload"]
        with np.load(setup["weights"]) as file:
            weights = [file[f"p{n}"] for n in range(len(file.files))]
        self.model = network(spec, setup["format"])
        take_over(self.model, weights, spec["shape"])
        with np.load(setup["data"]) as file:
            self.x, self.y = torch.from_numpy(file["x"]), torch.from_numpy(file["y"])
        if spec["tokens"]:
            self.x = self.x.long()
        self.turned = setup["format"] == "steps_first"
        if self.x.ndim == 4:
            memory = torch.channels_last if setup["format"] == "channels_last" else torch.contiguous_format
            self.model = self.model.to(memory_format=memory)
            self.x = self.x.permute(0, 3, 1, 2).contiguous(memory_format=memory)
        if spec["optimizer"] == "adam":
            self.optimizer: Any = torch.optim.Adam(self.model.parameters(), 1e-3, fused=True)
        elif spec["optimizer"] == "adamw":
            matrices = [p for p in self.model.parameters() if p.ndim > 1]
            others = {"params": [p for p in self.model.parameters() if p.ndim == 1], "weight_decay": 0.0}
            self.optimizer = torch.optim.AdamW([{"params": matrices}, others], 1e-3, weight_decay=0.01, fused=True)
        else:
            self.optimizer = torch.optim.SGD(self.model.parameters(), 1e-3, momentum=0.9, fused=True)
        self.batch, self.at = spec["batch"], 0
        self.judge = torch.nn.functional.cross_entropy
        self.alone = spec["alone"]
        if self.alone:
            self.judge(self.model(self.x[: self.batch]), self.y[: self.batch]).backward()

    def update(self) -> Any:
        """The optimizer's update alone, of the gradient as it is; the sum of all squared weights on request."""
        self.optimizer.step()
        return self

    def item(self) -> float:
        """The sum of all squared weights."""
        return sum(float((p.detach().double() ** 2).sum()) for p in self.model.parameters())

    def step(self) -> Any:
        if self.alone:
            return self.update()
        x, y = self.x[self.at : self.at + self.batch], self.y[self.at : self.at + self.batch]
        self.at = (self.at + self.batch) % len(self.y)
        self.optimizer.zero_grad(set_to_none=True)
        if self.turned:
            x, y = x.T, y.T
        given = self.model(x)
        loss = self.judge(given.reshape(-1, given.shape[-1]), y.reshape(-1))
        loss.backward()
        self.optimizer.step()
        return loss


def main() -> None:
    side = Side(json.loads(sys.stdin.readline()))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        if "check" in command:
            answer: dict[str, Any] = {"losses": [side.step().item() for _ in range(command["check"])]}
        else:
            start = time.perf_counter()
            for _ in range(command["steps"]):
                loss = side.step()
            if not side.alone:
                loss.item()
            answer = {"seconds": time.perf_counter() - start}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
