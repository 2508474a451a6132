"""A block of a Transformer's encoder."""

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
    "transformer_encoder_block",
    title="TransformerEncoderBlock",
    group="Attention",
    icon="encoder_block",
    version=2,
    tail="attend, then think",
)
class TransformerEncoderBlock(Layer):
    """Lets the steps of a sequence look at one another, then works on each by itself.

    Shapes: x (steps, features) -> y (steps, features), weights (heads, steps, steps).
    Parameters: those of a MultiHeadAttention; attention_gamma, attention_beta (features,); hidden_weight (features, hidden),
    feed_weight (hidden, features) and their biases; feed_gamma, feed_beta (features,).
    Each part is added to what it read and normalised; with "norm first" it is normalised before, which trains more steadily and
    wants a LayerNorm after the last block. A causal block is that of a language model. Dropout hides attention weights, hidden
    units and the output of both parts. It is PyTorch's TransformerEncoderLayer with batch_first, which starts with 2048 units in
    its feed-forward part whatever the features, and draws that part's first weights otherwise.
    """

    heads: int = heads_field()
    hidden: int = hidden_field()
    activation: str = choice("relu", ACTIVATIONS, help="What follows the hidden layer.")
    dropout: float = dropout_field(0.1, help="Share of weights and units that is hidden in training.")
    norm_first: bool = flag(False, help="Normalise what a part reads instead of the sum that it ends in.")
    causal: bool = causal_field()
    window: int = window_field()
    epsilon: float = epsilon_field()
    bias: bool = block_bias_field()
    start: Initializer = start_field()

    outputs = ("y", "weights")
    formula = "z = norm(x + attention(x)), y = norm(z + feed(z)), feed(z) = f(z·H + b)·F + c"
    source = "Vaswani et al.: Attention is all you need (2017), sections 3.1 and 3.3; norm first: Xiong et al. (2020), figure 1b"
    examples = (
        ("plain", {"heads": 2, "hidden": 7, "dropout": 0.0}, ((5, 6),)),
        ("norm first", {"heads": 3, "dropout": 0.0, "norm_first": True, "activation": "gelu"}, ((4, 6),)),
        ("causal, gelu", {"heads": 1, "hidden": 9, "dropout": 0.0, "causal": True, "activation": "gelu"}, ((7, 5),)),
        ("window, norm first", {"heads": 2, "hidden": 5, "dropout": 0.0, "window": 1, "norm_first": True}, ((9, 4),)),
        ("no bias", {"heads": 2, "hidden": 5, "dropout": 0.0, "bias": False}, ((5, 4),)),
        ("one step", {"heads": 1, "hidden": 3, "dropout": 0.0}, ((1, 3),)),
        ("wide", {"heads": 2, "hidden": 33, "dropout": 0.0}, ((17, 34),)),
        ("dropout", {"heads": 2, "hidden": 7, "dropout": 0.3}, ((5, 6),)),
    )

    def build(self, g: Builder, *inputs: Value) -> tuple[Value, Value]:
        (x,) = inputs
        sequence(x)
        rate = dropout_of(g, self.dropout)
        block = Block(
            start=self.start, hidden=self.hidden, activation=self.activation, dropout=rate, norm_first=self.norm_first,
            epsilon=self.epsilon, bias=self.bias,
        )  # fmt: skip
        heads = Heads(
            bias=self.bias,
            heads=self.heads,
            width=x.shape[1],
            start=self.start,
            causal=self.causal,
            window=self.window,
            dropout=rate,
        )
        read = block.before(g, x, "attention")
        y, weights = heads.build(g, "", read, read, read)
        y = block.feed_forward(g, block.after(g, x, y, "attention"), "feed")
        return y, weights

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence(
            "{heads} head{s}, {hidden} units",
            heads=self.heads,
            s="s" * (self.heads != 1),
            hidden=self.hidden or 4 * output.shape[-1],
        )
