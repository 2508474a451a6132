"""Attention with several heads."""

from __future__ import annotations

from playground.core.attention import (
    Heads,
    bias_field,
    causal_field,
    dropout_field,
    heads_field,
    sequence,
    start_field,
    window_field,
)
from playground.core.builder import Builder
from playground.core.fields import whole
from playground.core.registry import register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register("multi_head_attention", title="MultiHeadAttention", group="Attention", icon="attention_heads", tail="several lookups")
class MultiHeadAttention(Layer):
    """Looks up values by several learned kinds of likeness at once.

    Shapes: query (queries, features), key (keys, a), value (keys, b) -> y (queries, features), weights (heads, queries, keys).
    Parameters: query_weight (features, units), key_weight (a, units), value_weight (b, units), out_weight (units, features), and a
    bias for each. PyTorch keeps the transposes, the first three as one matrix in_proj_weight.
    Key starts as the query (self-attention) and value as the key. Absent keys (padding) get no weight; a query that sees no key
    gives the bias of the output. Weights are worked out only where somebody looks; dropout acts on them in training and is not
    shown. Keras counts the numbers of one head (key_dim) instead of the units of all, and its ports are in the order query, value, key.
    """

    heads: int = heads_field()
    units: int = whole(
        0, low=0, high=65_536, log=True, off="as the query", advanced=True, help="Numbers of all heads together; heads divide it."
    )  # fmt: skip
    causal: bool = causal_field()
    window: int = window_field()
    dropout: float = dropout_field(0.0, help="Share of the attention weights that is hidden in training.")
    bias: bool = bias_field()
    start: Initializer = start_field()

    ports = ("query", "key", "value")
    optional = 2
    outputs = ("y", "weights")
    formula = "y = concat(head₁, head₂, ...)·O, head = softmax((q·W)·(k·U)ᵀ / √(units / heads))·(v·V)"
    source = "Vaswani et al.: Attention is all you need (2017), section 3.2.2"
    examples = (
        ("self", {"heads": 2}, ((5, 6),)),
        ("two sources", {"heads": 3}, ((4, 6), (7, 5), (7, 2))),
        ("key as value", {"heads": 2, "bias": False}, ((3, 4), (9, 5))),
        ("causal", {"heads": 1, "causal": True}, ((7, 3),)),
        ("window", {"heads": 2, "window": 2}, ((9, 4),)),
        ("wider inside", {"heads": 4, "units": 12}, ((5, 7),)),
        ("one step, one head", {"heads": 1}, ((1, 1),)),
        ("wide heads", {"heads": 2}, ((17, 70),)),
        ("dropout", {"heads": 2, "dropout": 0.3}, ((5, 6),)),
    )

    def build(self, g: Builder, *inputs: Value) -> tuple[Value, Value]:
        query = inputs[0]
        key = inputs[1] if len(inputs) > 1 and inputs[1] is not None else query
        value = inputs[2] if len(inputs) > 2 and inputs[2] is not None else key
        sequence(query)
        made = Heads(
            heads=self.heads, width=self.units or query.shape[-1], start=self.start, bias=self.bias, causal=self.causal,
            window=self.window, dropout=g.knob("dropout"),
        )  # fmt: skip
        return made.build(g, "", query, key, value)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        plural = "s" * (self.heads != 1)
        return sentence("{heads} head{s}, causal" if self.causal else "{heads} head{s}", heads=self.heads, s=plural)
