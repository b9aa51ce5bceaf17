"""Which data sets of torchvision classify images, by its source. Loads no torch."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Mapping
from pathlib import Path

from engine import regular_files
from engine.catalog.data_names import LibrarySet
from engine.data.inventory.containers import library_text
from engine.errors import UsageError

# What the items of other data sets are, none of which has one class for each image.
OTHER_TASKS: Mapping[str, str] = {
    **dict.fromkeys(("HMDB51", "UCF101", "Kinetics", "MovingMNIST"), "videos"),
    **dict.fromkeys(("CocoCaptions", "Flickr8k", "Flickr30k", "SBU"), "images with captions"),
    **dict.fromkeys(("CocoDetection", "VOCDetection", "WIDERFace", "Kitti"), "images with boxes"),
    **dict.fromkeys(("VOCSegmentation", "SBDataset", "Cityscapes"), "images with masks"),
    **dict.fromkeys(("Sintel", "KittiFlow", "FlyingChairs", "FlyingThings3D", "HD1K"), "flows"),
    **dict.fromkeys(("Kitti2012Stereo", "Kitti2015Stereo", "CarlaStereo"), "stereo pairs"),
    **dict.fromkeys(("Middlebury2014Stereo", "CREStereo", "FallingThingsStereo"), "stereo pairs"),
    **dict.fromkeys(("SceneFlowStereo", "SintelStereo", "InStereo2k"), "stereo pairs"),
    **dict.fromkeys(("ETH3DStereo", "PhotoTour", "LFWPairs"), "pairs of images"),
    **dict.fromkeys(("LSUN", "LSUNClass"), "images in databases of LMDB"),
    "CelebA": "images with forty attributes each",
}
# The parameter that a variant names, as in torchvision/EMNIST:letters, and its values, first the
# usual one.
VARIANTS: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "EMNIST": ("split", ("balanced", "byclass", "bymerge", "letters", "digits", "mnist")),
    "DTD": ("partition", (*range(1, 11),)),
    "FGVCAircraft": ("annotation_level", ("variant", "family", "manufacturer")),
    "OxfordIIITPet": ("target_types", ("category", "binary-category")),
    "Imagenette": ("size", ("full", "320px", "160px")),
}
# Names that are no data sets: what they read is named by its folder.
GENERIC = ("ImageFolder", "DatasetFolder", "VisionDataset", "wrap_dataset_for_transforms_v2")


def check_name(library: LibrarySet) -> None:
    """Raise UsageError where torchvision has no such data set or variant, or of another task."""
    known = classifying()
    if library.name not in known:
        what = OTHER_TASKS.get(library.name, "")
        raise UsageError(library_text.not_in_torchvision(library.name, what, known))
    values = [str(value) for value in VARIANTS.get(library.name, ("", ()))[1]]
    if library.variant and library.variant not in values:
        raise UsageError(library_text.other_variant(library.name, library.variant, values))


def classifying() -> list[str]:
    """The names of the data sets that classify images."""
    spec = importlib.util.find_spec("torchvision")
    folders = spec.submodule_search_locations if spec else None
    names = [name for folder in folders or () for name in _exported(Path(folder))]
    return sorted({*names} - {*OTHER_TASKS, *GENERIC})


def _exported(package: Path) -> list[str]:
    """The names in `__all__` of torchvision's module of data sets."""
    tree = ast.parse(regular_files.read_bytes(package / "datasets" / "__init__.py"))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and "__all__" in map(ast.unparse, statement.targets):
            return [*ast.literal_eval(statement.value)]
    return []
