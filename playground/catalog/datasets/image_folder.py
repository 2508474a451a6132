"""Pictures in folders."""

from __future__ import annotations

from pathlib import Path

from playground.core.fields import flag, path, size
from playground.core.registry import register
from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.data.array_samples import samples_of_images
from playground.data.readers.images import read_folder
from playground.data.readers.places import resolve


@register("image_folder", title="Image folder", group="Data", icon="image_folder", tail="One folder for each class")
class ImageFolder(Dataset):
    """A folder with one sub-folder of pictures for each class: PNG, JPEG, BMP, GIF or WebP.

    Shapes: inputs (samples, height, width, 3), in grey (samples, height, width, 1); targets (samples,) class numbers.
    All pictures get one size, and values from 0 to 1. Those that cannot be read are listed, the others are used.
    """

    samples_are = "images"
    formula = "x = v / 255, v in 0 … 255"
    source = "The layout of torchvision's ImageFolder: the name of a sub-folder is the class of the pictures in it"

    path: str = path(folder=True, help="The folder that holds the sub-folders.")
    size: tuple[int, int] = size((32, 32), high=1024, unit="px", help="Height and width that every picture is brought to.")
    grey: bool = flag(False, help="One channel of grey instead of red, green and blue.")

    def load(self, folder: Path | None = None) -> Samples:
        place = resolve(self.path, folder)
        return samples_of_images(read_folder(place, size=self.size, grey=self.grey), place)
