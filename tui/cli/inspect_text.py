"""Words of `cnn-tui inspect-data`."""

HELP = """Say what a data set holds, before any training.

How its files are understood, its splits, classes and sizes, what is skipped and why, what the
network sees with the recipe that is chosen for them, images that occur twice, and validation or
test images that are also in training."""
HELP_LIST = "Print a line for each file: file, class, split, verdict, parted by tabs."
HELP_NEAR = "Also find images that look alike."
HELP_NEAR_BITS = "How many of 64 bits may differ between images that look alike."
HELP_NO_DUPLICATES = "Do not look for images that occur twice, for which all are decoded."
HELP_SET = "Change a field that says how files are understood, as in labels=prefix; repeatable."
LIST_HEAD = ("file", "class", "split", "verdict")
STOPPED = "stopped: the rest was not looked at"
ONE_FORM = "--json and --list print different forms: choose one."
