"""What a Keras training tells its recorder, and how it obeys; on TensorFlow, JAX and torch alike.

Nothing here imports a backend: only Keras and NumPy, which every backend has.
"""
