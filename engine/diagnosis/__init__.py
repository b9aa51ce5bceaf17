"""What `cnn-tui doctor` looks at: program, machine, folders, session. Loads no torch.

May import `start` and what lies below it.
"""
