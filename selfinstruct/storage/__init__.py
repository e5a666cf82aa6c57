"""The run folder: how it is written, held, resumed, and read again.

`folder` holds it, `journal` commits rounds, `completions` and `recording` store replies, `reader` reads it.
"""
