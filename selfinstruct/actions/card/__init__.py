"""The description of a dataset for others: the facts of its run, the methods paragraph and the dataset card."""
