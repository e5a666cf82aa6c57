"""What is published of a run, so that others can read, cite and re-run it: the capsule, written and read."""
