"""The screen that lays the curves of several runs over each other, and its pairs of networks."""
