"""What a person sees of a run: figures, the report, the pages of `actions=[view]` and of `actions=[rate]`.

One set of templates (`templates/`), one style sheet (`style.css`) and one set of figures (`figures/`) serve all of
them.  A page is made of committed rows only, and needs no script to be read.  No page has an inline style, an inline
script or an event attribute: their policy forbids them, so that text of a model stays text even if an escape were
forgotten.
"""
