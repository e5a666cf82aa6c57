"""The comparison of finished runs, from reading their folders to the page that shows them.

`reading` reads a folder without changing it, `figures` measures one run, `grouping` finds what differs between runs
and which repeat each other, `sent_parameters` what was requested and what was sent, `overlap` what two runs have in
common, `warnings` what makes them hard to compare.  `comparing` puts these together; `tables`, `plots` and `page` show
them.
"""
