"""Data sets, batches and seeds: the types that the other rooms share; may import `decoding`."""
