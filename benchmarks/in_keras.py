"""What Keras does, for comparison; runs with a Python that has TensorFlow, and stands alone.

    python benchmarks/in_keras.py images|article      a peer, see benchmarks/peer.py

`images` augments the article's way with ImageDataGenerator, `article` trains its net with it.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

IMAGES, CLASSES, BATCH, SIDE = 12_800, 10, 64, 32
STEPS = 20


def main() -> None:
    measure = {"images": images, "article": article}[sys.argv[1]]()
    print(measure(), flush=True)
    for _ in sys.stdin:
        print(measure(), flush=True)


def batches() -> Any:
    """The article's generator over random images."""
    generator = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=15,
        width_shift_range=0.1,
        height_shift_range=0.1,
        horizontal_flip=True,
        zoom_range=0.1,
        fill_mode="nearest",
        rescale=1 / 255,
    )
    numbers = np.random.default_rng(0)
    pixels = numbers.integers(0, 256, (IMAGES, SIDE, SIDE, 3)).astype("float32")
    labels = np.eye(CLASSES, dtype="float32")[numbers.integers(0, CLASSES, IMAGES)]
    return generator.flow(pixels, labels, batch_size=BATCH)


def images() -> Any:
    """Images a second of the generator alone."""
    flow = batches()

    def measure() -> float:
        began = time.perf_counter()
        for _ in range(STEPS):
            next(flow)
        return STEPS * BATCH / (time.perf_counter() - began)

    return measure


def article() -> Any:
    """Images a second of `fit`, from the end of the first step to the end of the last."""
    model, flow = net(), batches()
    assert sum(int(np.prod(weight.shape)) for weight in model.trainable_weights) == 830_858
    optimizer = tf.keras.optimizers.Adam(1e-3)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])

    def measure() -> float:
        ends: list[float] = []
        watch = tf.keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter())
        )
        model.fit(flow, steps_per_epoch=STEPS, epochs=1, verbose=0, callbacks=[watch])
        return (STEPS - 1) * BATCH / (ends[-1] - ends[0])

    return measure


def net() -> Any:
    """The article's net, as engine/models/families/article_resnet.py has it."""
    inputs = layers.Input((SIDE, SIDE, 3))
    x = activated(layers.Conv2D(32, 3, padding="same")(inputs))
    for width, stride in ((32, 1), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1)):
        x = block(x, width, stride)
    x = layers.Flatten()(layers.AveragePooling2D(4)(x))
    x = layers.Dropout(0.5)(activated(layers.Dense(256)(x)))
    return tf.keras.Model(inputs, layers.Dense(CLASSES, activation="softmax")(x))


def block(x: Any, width: int, stride: int) -> Any:
    shortcut = x
    if stride > 1:
        shortcut = layers.Conv2D(width, 1, strides=stride, padding="same")(x)
        shortcut = layers.BatchNormalization()(shortcut)
    x = activated(layers.Conv2D(width, 3, strides=stride, padding="same")(x))
    x = layers.BatchNormalization()(layers.Conv2D(width, 3, padding="same")(x))
    return layers.Activation("relu")(layers.Add()([x, shortcut]))


def activated(x: Any) -> Any:
    return layers.Activation("relu")(layers.BatchNormalization()(x))


if __name__ == "__main__":
    main()
