"""The queue of a runs folder: the runs that wait, and the process that trains them one by one.

Free of torch. The runner knows no races: whoever starts it says what follows a run.
"""
