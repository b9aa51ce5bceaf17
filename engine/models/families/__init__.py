"""One file a family of architectures, in the order of `engine.models.registry.FAMILIES`."""
