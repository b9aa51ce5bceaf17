"""What a data set holds, before any training: layout, counts, sizes, duplicates. Loads no torch."""
