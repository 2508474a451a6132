"""Additive attention."""

from __future__ import annotations

from playground.core.attention import causal_field, dropout_field, seen, sequence, start_field, window_field
from playground.core.builder import Builder
from playground.core.fields import whole
from playground.core.registry import register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register(
    "additive_attention", title="AdditiveAttention", group="Attention", icon="attention_additive", tail="look up by a small net"
)
class AdditiveAttention(Layer):
    """Averages values by weights that a small network gives to each query and key.

    Shapes: query (queries, a), key (keys, b), value (keys, width) -> y (queries, width), weights (1, queries, keys).
    Parameters: query_weight (a, units), key_weight (b, units), score_weight (units,).
    Key starts as the query and value as the key; queries and keys may have different numbers of features. Absent keys (padding) get
    no weight; a query that sees no key gives zeros. Weights are worked out only where somebody looks; dropout acts on them in
    training and is not shown. Keras' layer of this name has no projections: only the score weights are learned there.
    """

    units: int = whole(64, low=1, high=65_536, log=True, help="Hidden units of the network that scores a query and a key.")
    causal: bool = causal_field()
    window: int = window_field()
    dropout: float = dropout_field(0.0, help="Share of the attention weights that is hidden in training.")
    start: Initializer = start_field()

    ports = ("query", "key", "value")
    optional = 2
    outputs = ("y", "weights")
    formula = "y = Σ softmax(score)·value, score(q, k) = v·tanh(q·W + k·U)"
    source = (
        "Bahdanau, Cho and Bengio: Neural machine translation by jointly learning to align and translate (2015), appendix A.1.2"
    )
    examples = (
        ("self", {"units": 4}, ((5, 7),)),
        ("two sources", {"units": 3}, ((4, 6), (7, 5), (7, 2))),
        ("key as value", {"units": 17}, ((3, 5), (9, 4))),
        ("causal", {"causal": True, "units": 5}, ((7, 3),)),
        ("window", {"window": 2, "units": 2}, ((9, 4), (11, 3), (11, 5))),
        ("one step, one unit", {"units": 1}, ((1, 1),)),
        ("dropout", {"dropout": 0.3, "units": 4}, ((5, 6),)),
    )

    def build(self, g: Builder, *inputs: Value) -> tuple[Value, Value]:
        query = inputs[0]
        key = inputs[1] if len(inputs) > 1 and inputs[1] is not None else query
        value = inputs[2] if len(inputs) > 2 and inputs[2] is not None else key
        for x in (query, key, value):
            sequence(x)
        q, k = (
            g.op("dense", x, g.parameter(f"{name}_weight", (i, self.units), self.start, fan_in=i, fan_out=self.units))
            for x, name, i in ((query, "query", query.shape[1]), (key, "key", key.shape[1]))
        )
        score = g.parameter("score_weight", (self.units,), self.start, fan_in=self.units, fan_out=1)
        (k, value), mask = seen(g, key, k, value)
        weights = g.op("additive_weights", q, k, score, *mask, causal=self.causal, window=self.window)
        rate = g.knob("dropout")
        y = g.op("additive_attention", q, k, value, score, *mask, causal=self.causal, window=self.window, dropout=rate)
        return y, weights

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("{units} score unit{s}", units=self.units, s="s" * (self.units != 1))
