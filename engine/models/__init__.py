"""The models: the catalogue's architectures, torchvision's and timm's, and a user's; their facts;
transfer learning; the order of the classes by their logits.

May import `run` and what lies below it, and `cnn_tui`.
"""
