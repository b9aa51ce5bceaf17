"""One file for each family of architectures; `engine.models.registry.FAMILIES` lists them."""
