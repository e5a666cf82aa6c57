"""Files of other kinds that are given as seeds: what they are, by their first bytes or their header, and a remedy."""

import re
from pathlib import Path

PACKED = {b"\x1f\x8b": "gunzip -k", b"BZh": "bunzip2 -k", b"\xfd7zXZ\x00": "unxz -k", b"\x28\xb5\x2f\xfd": "unzstd"}
"""First bytes of a compressed file to the command that unpacks it."""
NOT_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[^\s{\[]")
COLUMNS = frozenset({"instruction", "instructions", "input", "output", "prompt", "completion", "response"})
"""Names in the header of a table of tasks, of which two are enough."""
BY_PANDAS = (
    "Write it as JSONL, for example with pandas: pandas.{read}.to_json({made!r}, orient='records', lines=True). Then "
    "set seeds=alpaca seeds.path={made} (columns instruction, input, output). For annotated data that is to be "
    "converted, use recipe=convert source={source}."
)


def kind_of(path: Path, content: bytes) -> str | None:
    """Return what a file is and what to use instead; None where it may hold JSON."""
    made = path.with_suffix(".jsonl").name
    if command := next((command for first, command in PACKED.items() if content.startswith(first)), None):
        return f"is compressed. Unpack it with `{command} {path}`, and set seeds.path to what is in it."
    if content.startswith(b"PK\x03\x04"):
        return "is a zip. Unpack it, and set seeds.path to a file in it; seeds=superni reads a zip of task files."
    if content.startswith(b"PAR1"):
        how = BY_PANDAS.format(read=f"read_parquet({str(path)!r})", made=made, source="parquet")
        return f"is a Parquet file. {how}"
    if NOT_JSON.match(content):
        header = content[:1000].splitlines()[0].decode("utf-8", "replace")
        cells = {cell.strip().strip("\ufeff\"'").lower() for cell in re.split("[,;\t]", header)}
        if path.suffix.lower() in (".csv", ".tsv") or len(cells & COLUMNS) > 1:
            how = BY_PANDAS.format(read=f"read_csv({str(path)!r}, keep_default_na=False)", made=made, source="csv")
            return f"is a table (CSV), not JSON. {how}"
    return None
