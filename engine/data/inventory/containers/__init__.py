"""Data that name their classes themselves: arrays, batches of CIFAR, tables of pixels."""
