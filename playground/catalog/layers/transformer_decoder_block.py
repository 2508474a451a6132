"""A block of a Transformer's decoder."""

from __future__ import annotations

from playground.core.attention import (
    ACTIVATIONS,
    Block,
    Heads,
    block_bias_field,
    causal_field,
    dropout_field,
    dropout_of,
    epsilon_field,
    heads_field,
    hidden_field,
    sequence,
    start_field,
    window_field,
)
from playground.core.builder import Builder
from playground.core.fields import choice, flag
from playground.core.registry import register
from playground.core.spec import Initializer, Layer
from playground.core.tensor import TensorType, Value
from playground.words import sentence


@register(
    "transformer_decoder_block",
    title="TransformerDecoderBlock",
    group="Attention",
    icon="decoder_block",
    version=2,
    tail="attend to a memory",
)
class TransformerDecoderBlock(Layer):
    """Lets the steps of a sequence look back, then at another sequence, then works on each by itself.

    Shapes: x (steps, features), memory (keys, width) -> y (steps, features), weights (heads, steps, keys),
    self_weights (heads, steps, steps).
    Parameters: those of a MultiHeadAttention over x, named self_..., and of one over the memory, named memory_...; self_gamma,
    self_beta, memory_gamma, memory_beta (features,); hidden_weight (features, hidden), feed_weight (hidden, features) and their
    biases; feed_gamma, feed_beta (features,).
    Each part is added to what it read and normalised; with "norm first" it is normalised before. Absent steps of the memory get no
    weight. The first attention is causal unless switched off; PyTorch's TransformerDecoderLayer wants a mask for that, starts with
    2048 units in its feed-forward part whatever the features, and draws that part's first weights otherwise.
    """

    heads: int = heads_field()
    hidden: int = hidden_field()
    activation: str = choice("relu", ACTIVATIONS, help="What follows the hidden layer.")
    dropout: float = dropout_field(0.1, help="Share of weights and units that is hidden in training.")
    norm_first: bool = flag(False, help="Normalise what a part reads instead of the sum that it ends in.")
    causal: bool = causal_field(True)
    window: int = window_field()
    epsilon: float = epsilon_field()
    bias: bool = block_bias_field()
    start: Initializer = start_field()

    ports = ("x", "memory")
    outputs = ("y", "weights", "self_weights")
    formula = "u = norm(x + attention(x)), z = norm(u + attention(u, memory)), y = norm(z + feed(z))"
    source = "Vaswani et al.: Attention is all you need (2017), sections 3.1 and 3.3; norm first: Xiong et al. (2020), figure 1b"
    examples = (
        ("plain", {"heads": 2, "hidden": 7, "dropout": 0.0}, ((5, 6), (7, 6))),
        ("norm first", {"heads": 3, "dropout": 0.0, "norm_first": True, "activation": "gelu"}, ((4, 6), (3, 5))),
        ("all steps", {"heads": 1, "hidden": 9, "dropout": 0.0, "causal": False}, ((7, 5), (2, 5))),
        ("window", {"heads": 2, "hidden": 5, "dropout": 0.0, "window": 2}, ((9, 4), (3, 4))),
        ("no bias", {"heads": 2, "hidden": 5, "dropout": 0.0, "bias": False, "norm_first": True}, ((5, 4), (3, 2))),
        ("one step", {"heads": 1, "hidden": 3, "dropout": 0.0}, ((1, 3), (1, 1))),
        ("dropout", {"heads": 2, "hidden": 7, "dropout": 0.3}, ((5, 6), (7, 6))),
    )

    def build(self, g: Builder, *inputs: Value) -> tuple[Value, Value, Value]:
        x, memory = inputs
        sequence(x)
        sequence(memory, sentence("a sequence as memory"))
        rate = dropout_of(g, self.dropout)
        block = Block(
            start=self.start, hidden=self.hidden, activation=self.activation, dropout=rate, norm_first=self.norm_first,
            epsilon=self.epsilon, bias=self.bias,
        )  # fmt: skip
        across = Heads(bias=self.bias, heads=self.heads, width=x.shape[1], start=self.start, dropout=rate)
        within = Heads(
            bias=self.bias,
            heads=self.heads,
            width=x.shape[1],
            start=self.start,
            causal=self.causal,
            window=self.window,
            dropout=rate,
        )
        read = block.before(g, x, "self")
        y, self_weights = within.build(g, "self_", read, read, read)
        x = block.after(g, x, y, "self")
        read = block.before(g, x, "memory")
        y, weights = across.build(g, "memory_", read, memory, memory)
        return block.feed_forward(g, block.after(g, x, y, "memory"), "feed"), weights, self_weights

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence(
            "{heads} head{s}, {hidden} units",
            heads=self.heads,
            s="s" * (self.heads != 1),
            hidden=self.hidden or 4 * output.shape[-1],
        )
