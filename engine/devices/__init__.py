"""All that differs between a CPU and a GPU. May import `machine` and what lies below it."""
