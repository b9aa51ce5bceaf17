"""A residual network on CIFAR-10 in Keras, as in a tutorial, and one more line to watch it.

    KERAS_BACKEND=torch python keras_article.py FOLDER [--epochs 120]

FOLDER holds train/CLASS/IMAGE and test/CLASS/IMAGE. The backend may be tensorflow, jax or torch.
The augmentation of Keras needs SciPy.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import callbacks, layers
from keras.src.legacy.preprocessing.image import ImageDataGenerator

import cnn_tui

BATCH, SIDE = 64, 32


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=120)
    given = parser.parse_args()
    names = sorted(path.name for path in (given.folder / "train").iterdir())
    x_train, y_train = images(given.folder / "train", names)
    x_test, y_test = images(given.folder / "test", names)

    model = network(len(names))
    model.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        augmentation().flow(x_train, y_train, batch_size=BATCH),
        epochs=given.epochs,
        validation_data=(x_test, y_test),
        callbacks=[
            callbacks.ModelCheckpoint("best.keras", monitor="val_accuracy", save_best_only=True),
            callbacks.LearningRateScheduler(rate),
            callbacks.ReduceLROnPlateau(factor=0.2, patience=5, min_lr=1e-5),
            cnn_tui.KerasCallback("keras-article", data=(x_test, y_test), classes=names),
        ],
    )


def rate(epoch: int) -> float:
    """The learning rate of an epoch, counted from 0."""
    return 1e-3 * (0.1 if epoch > 75 else 1.0) * (0.1 if epoch > 100 else 1.0)


def images(folder: Path, names: list[str]) -> tuple[Any, Any]:
    """Images (N, 32, 32, 3) from 0 to 1, and their one-hot classes (N, classes)."""
    files = [(path, label) for label, name in enumerate(names) for path in folder.glob(f"{name}/*")]
    pixels = [keras.utils.load_img(path, target_size=(SIDE, SIDE)) for path, _ in files]
    labels = keras.utils.to_categorical([label for _, label in files], len(names))
    return np.stack([np.asarray(one, np.float32) / 255 for one in pixels]), labels


def augmentation() -> ImageDataGenerator:
    return ImageDataGenerator(
        rotation_range=15,
        width_shift_range=0.1,
        height_shift_range=0.1,
        horizontal_flip=True,
        zoom_range=0.1,
    )


def network(classes: int) -> keras.Model:
    inputs = keras.Input((SIDE, SIDE, 3))
    x = activated(layers.Conv2D(32, 3, padding="same")(inputs))
    for width, stride in ((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        x = block(x, width, stride)
    x = layers.Flatten()(layers.AveragePooling2D(4)(x))
    x = layers.Dropout(0.5)(activated(layers.Dense(256)(x)))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def block(x: Any, width: int, stride: int) -> Any:
    """Two convolutions, and a shortcut past them."""
    shortcut = x
    if stride > 1:
        shortcut = layers.Conv2D(width, 1, strides=stride, padding="same")(x)
        shortcut = layers.BatchNormalization()(shortcut)
    x = activated(layers.Conv2D(width, 3, strides=stride, padding="same")(x))
    x = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(x))
    return layers.ReLU()(layers.Add()([x, shortcut]))


def activated(x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization()(x))


if __name__ == "__main__":
    main()
