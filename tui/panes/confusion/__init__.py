"""The confusion matrix, its worst pairs, the report by class, and the images of a cell."""
