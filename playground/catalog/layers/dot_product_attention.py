"""Dot-product attention without weights of its own."""

from __future__ import annotations

from playground.core.attention import causal_field, dropout_field, seen, sequence, window_field
from playground.core.builder import Builder
from playground.core.fields import flag
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence


@register(
    "dot_product_attention", title="DotProductAttention", group="Attention", icon="attention_dot", tail="look up by likeness"
)
class DotProductAttention(Layer):
    """Averages values, most of all those whose keys resemble the query.

    Shapes: query (queries, features), key (keys, features), value (keys, width) -> y (queries, width), weights (1, queries, keys).
    Key starts as the query (self-attention) and value as the key. It has no parameters. Absent keys (padding) get no weight; a query
    that sees no key gives zeros. Weights are worked out only where somebody looks; dropout acts on them in training and is not shown.
    Keras' layer of this kind does not divide by √features unless asked to, and its ports are in the order query, value, key.
    """

    scaled: bool = flag(True, help="Divide scores by the root of the number of features, which keeps their spread.")
    causal: bool = causal_field()
    window: int = window_field()
    dropout: float = dropout_field(0.0, help="Share of the attention weights that is hidden in training.")

    ports = ("query", "key", "value")
    optional = 2
    outputs = ("y", "weights")
    formula = "y = softmax(q·kᵀ / √features)·v"
    source = "Vaswani et al.: Attention is all you need (2017), equation 1"
    examples = (
        ("self", {}, ((5, 7),)),
        ("two sources", {}, ((4, 6), (7, 6), (7, 3))),
        ("key as value", {"scaled": False}, ((3, 5), (9, 5))),
        ("causal", {"causal": True}, ((19, 3),)),
        ("window", {"window": 2}, ((9, 4), (11, 4), (11, 5))),
        ("causal window", {"window": 1, "causal": True}, ((7, 2),)),
        ("one step", {}, ((1, 1),)),
        ("beyond the keys", {"window": 1}, ((7, 3), (2, 3), (2, 3))),
        ("long", {}, ((70, 5),)),
        ("dropout", {"dropout": 0.3}, ((5, 6),)),
    )

    def build(self, g: Builder, *inputs: Value) -> tuple[Value, Value]:
        query = inputs[0]
        key = inputs[1] if len(inputs) > 1 and inputs[1] is not None else query
        value = inputs[2] if len(inputs) > 2 and inputs[2] is not None else key
        for x in (query, key, value):
            sequence(x)
        if query.shape[1] != key.shape[1]:
            a, b = query.shape[1], key.shape[1]
            raise ShapeError(
                sentence("needs queries and keys of as many features; the queries have {a}, the keys {b}.", a=a, b=b),
                f'insert dense 1 {{"units": {a}}}',
            )
        (k, v), mask = seen(g, key, key, value)
        scale = None if self.scaled else 1.0
        weights = g.op("attention_weights", query, k, *mask, causal=self.causal, window=self.window, scale=scale)
        rate = g.knob("dropout")
        y = g.op("attention", query, k, v, *mask, causal=self.causal, window=self.window, scale=scale, dropout=rate)
        return y, weights

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return (
            sentence("Causal").lower()
            if self.causal
            else sentence("{window} steps around", window=self.window)
            if self.window
            else sentence("over all steps")
        )
