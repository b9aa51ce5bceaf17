"""What a Lightning trainer tells its recorder, and how it obeys.

Nothing here imports Lightning: what belongs to a trainer is reached through it, since a user may
have `lightning.pytorch`, `pytorch_lightning`, or both.
"""
