"""Spatial transformer: an image under a learned affine map."""

from __future__ import annotations

from playground.core.builder import Builder
from playground.core.fields import choice, flag, size
from playground.core.registry import register
from playground.core.spec import Layer
from playground.core.tensor import TensorType, Value
from playground.errors import ShapeError
from playground.words import sentence

PADDINGS = {
    "zeros": "Zeros.",
    "border": "The nearest pixel at the rim.",
    "reflection": "The image mirrored at its rim, again and again.",
}


@register(
    "spatial_transformer", title="SpatialTransformer", group="Pool and shape", icon="warp", version=2, tail="turn, shift, zoom"
)
class SpatialTransformer(Layer):
    """Turns, shifts, zooms or shears an image by six numbers that another branch works out.

    Shapes: image (height, width, channels), theta (2, 3) or (6,) -> (height', width', channels).
    Coordinates run from -1 at the left and upper rim to 1 at the right and lower one. A pixel of the output at (u across, v down)
    shows the image at theta·(u, v, 1), bilinearly interpolated. Equal to PyTorch's affine_grid and grid_sample. Theta =
    (1 0 0, 0 1 0) leaves the image as it is, so a branch that should begin there adds a Constant of shape 6 with the values 1, 0, 0, 0,
    1, 0 to a Dense layer of six units that starts from zeros.
    """

    size: tuple[int, int] = size((0, 0), low=0, high=4096, unit="px", help="Height and width of the output; 0 keeps the image's.")

    padding: str = choice("zeros", PADDINGS, advanced=True, help="What is seen beyond the image (padding_mode).")
    align_corners: bool = flag(
        False, advanced=True, help="Coordinates of -1 and 1 are the centres of the outermost pixels, not the rims."
    )

    ports = ("image", "theta")
    preview = "maps"
    formula = "y(u, v) = image(θ · (u, v, 1))"
    source = "Jaderberg et al.: Spatial transformer networks (2015), equations 1 and 5"
    examples = (
        ("plain", {}, ((4, 5, 3), (2, 3))),
        ("six numbers", {}, ((3, 6, 2), (6,))),
        ("smaller", {"size": (2, 3)}, ((7, 5, 2), (2, 3))),
        ("larger", {"size": (7, 4)}, ((3, 2, 5), (6,))),
        ("one pixel", {}, ((1, 1, 3), (2, 3))),
        ("one row", {"size": (1, 0)}, ((5, 4, 1), (2, 3))),
        ("many channels", {}, ((3, 4, 19), (2, 3))),
        ("border", {"padding": "border", "size": (5, 2)}, ((3, 4, 2), (2, 3))),
        ("border, one pixel", {"padding": "border", "align_corners": True}, ((1, 1, 3), (6,))),
        ("mirrored", {"padding": "reflection", "size": (4, 5)}, ((3, 2, 17), (2, 3))),
        ("mirrored, corners", {"padding": "reflection", "align_corners": True, "size": (3, 1)}, ((4, 3, 2), (2, 3))),
        ("mirrored, corners, one column", {"padding": "reflection", "align_corners": True}, ((4, 1, 2), (2, 3))),
        ("corners", {"align_corners": True, "size": (2, 5)}, ((4, 3, 5), (2, 3))),
        ("corners, one row", {"align_corners": True, "size": (1, 3)}, ((1, 4, 2), (6,))),
    )

    def build(self, g: Builder, *inputs: Value) -> Value:
        image, theta = inputs
        if len(image.shape) != 3:
            raise ShapeError(sentence("needs an image: height×width×channels."), "image")
        if theta.shape not in ((2, 3), (6,)):
            raise ShapeError(
                sentence("needs theta as 2×3 or as 6 numbers."),
                'insert dense 1 {"units": 6}' if len(theta.shape) == 1 else "insert flatten 1",
            )
        if theta.shape == (6,):
            theta = g.op("reshape", theta, shape=(2, 3))
        size = (self.size[0] or image.shape[0], self.size[1] or image.shape[1])
        more: dict[str, object] = {} if self.padding == "zeros" else {"padding": self.padding}
        if self.align_corners:
            more["align_corners"] = True
        return g.op("spatial_transformer", image, theta, size=size, **more)

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        return sentence("to {shape}×{shape2}", shape=output.shape[0], shape2=output.shape[1])
