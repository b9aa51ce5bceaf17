"""Data sets: from the disk to batches on the device.

May import `devices` and what lies below it.
"""
