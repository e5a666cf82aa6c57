"""The figures of a run, each a module with `figure(run) -> Figure | None`; None where there is nothing to show.

They read a run by `selfinstruct.storage.reader.RunReader`, so that they hold committed rows only.  What stands in a
figure stands in its table, too.
"""
