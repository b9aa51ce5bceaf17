"""The inspection of a model, as events: the layer table, layer health, feature maps, pictures of
images and kernels, the neighbours of an image, and replies to a viewer's requests.

May import `data` and what lies below it, and `cnn_tui`.
"""
