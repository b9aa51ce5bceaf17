"""Decoded images, kept on the disk for later epochs and runs. Free of torch.

May import `decoding`, `stored` and what lies below `data`.
"""
