"""Says what a data set holds, before any image is decoded. Loads no torch."""
