"""python -m engine RUN: see `engine.process.entry`."""

from engine.process import entry

if __name__ == "__main__":
    entry.run()
