"""PyTorch's side of a workload, a script of its own: never imported by the product, and never with Numba in its process.

Reads {"workload", "weights", "data", "threads", "format"} as the first line, then {"check": steps} or {"steps": n} commands.
Eager, fused optimizer; format is "channels_last" or "contiguous"; weights are ours, so that the losses can be compared.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np


def network(spec: dict[str, Any]) -> Any:
    """The layers of the description as a Sequential."""
    from torch import nn

    modules: list[Any] = []
    shape = list(spec["shape"])
    for kind, *rest in spec["layers"]:
        if kind == "conv":
            modules.append(nn.Conv2d(shape[2], rest[0], 3, padding=1))
            modules += [nn.BatchNorm2d(rest[0])] if rest[1] else []
            modules.append(nn.ReLU())
            shape[2] = rest[0]
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


class Side:
    """The training loop as PyTorch users write it."""

    def __init__(self, setup: dict[str, Any]) -> None:
        import torch

        torch.set_num_threads(setup["threads"])
        spec = setup["workload"]
        with np.load(setup["weights"]) as file:
            weights = [file[f"p{n}"] for n in range(len(file.files))]
        self.model = network(spec)
        take_over(self.model, weights, spec["shape"])
        with np.load(setup["data"]) as file:
            self.x, self.y = torch.from_numpy(file["x"]), torch.from_numpy(file["y"])
        if self.x.ndim == 4:
            memory = torch.channels_last if setup["format"] == "channels_last" else torch.contiguous_format
            self.model = self.model.to(memory_format=memory)
            self.x = self.x.permute(0, 3, 1, 2).contiguous(memory_format=memory)
        if spec["optimizer"] == "adam":
            self.optimizer: Any = torch.optim.Adam(self.model.parameters(), 1e-3, fused=True)
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
        loss = self.judge(self.model(x), y)
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
