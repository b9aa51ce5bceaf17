"""Data sets, batches and seeds, which the other rooms of `data` share. May import `inventory`."""
