"""Blind ratings by people: a frozen sheet with its key apart, a file for each rater, and their agreement.

Everything lies in `ratings/<name>/` of a folder: `sheet.json` (what is shown; it never changes), `key.json` (which
system an item came from), `<rater>.jsonl` (append-only; the last line of an item wins) and `result.*`.
"""
