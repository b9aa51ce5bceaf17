"""What every data set, batch and loader shares. May import `decoding`."""
