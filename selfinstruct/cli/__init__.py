"""The command line: the only code that knows Hydra.

`main` starts, `compose` makes the config of a job, `job` runs it.
"""
