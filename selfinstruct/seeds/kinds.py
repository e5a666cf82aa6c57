"""Files of other kinds that are given as seeds: what they are, by their first bytes or their header, and a remedy."""

import re
from pathlib import Path

PACKED = {b"\x1f\x8b": "gunzip -k", b"BZh": "bunzip2 -k", b"\xfd7zXZ\x00": "unxz -k", b"\x28\xb5\x2f\xfd": "unzstd"}
"""First bytes of a compressed file to the command that unpacks it."""
NOT_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[^\s{\[]")
COLUMNS = frozenset({"instruction", "instructions", "input", "output", "prompt", "completion", "response"})
"""Names in the header of a table of tasks, of which two are enough."""
REMEDY = (
    "Write it as JSONL, for example with pandas: pandas.read_{kind}({name!r}).to_json({made!r}, orient='records',"
    " lines=True). Then set seeds=alpaca seeds.path={made} (columns instruction, input, output). For annotated data,"
    " use recipe=convert source={kind}."
)


def kind_of(path: Path, content: bytes) -> str | None:
    """Return what a file is and what to use instead; None where it may hold JSON."""
    made = path.with_suffix(".jsonl").name
    if command := next((command for first, command in PACKED.items() if content.startswith(first)), None):
        return f"is compressed. Unpack it with `{command} {path}`, and set seeds.path to what is in it."
    if content.startswith(b"PK\x03\x04"):
        return "is a zip. Unpack it, and set seeds.path to a file in it; seeds=superni reads a zip of task files."
    if content.startswith(b"PAR1"):
        return f"is a Parquet file. {REMEDY.format(kind='parquet', name=str(path), made=made)}"
    if NOT_JSON.match(content):
        header = content[:1000].splitlines()[0].decode("utf-8", "replace")
        cells = {cell.strip().strip("\ufeff\"'").lower() for cell in re.split("[,;\t]", header)}
        if path.suffix.lower() in (".csv", ".tsv") or len(cells & COLUMNS) > 1:
            return f"is a table (CSV), not JSON. {REMEDY.format(kind='csv', name=str(path), made=made)}"
    return None
