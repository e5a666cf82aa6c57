"""The parameters that were sent in each stage, and the model that answered, as each stored reply has them.

They show a retry with another temperature, and a stop string with its number filled in.  The model as served is the
one that the provider named in its reply.
"""

import json
from collections import Counter
from pathlib import Path
from typing import TypeAlias

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.schema import reading
from selfinstruct.text.places import public
from selfinstruct.text.plain_files import odd_kind

STORE = "completions.sqlite"
QUERY = "SELECT stage, decoding, identity, model, COUNT(*) FROM completions GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC"
SERVED = "model as served"
SCHEMA = "response_format"

Sent: TypeAlias = dict[tuple[str, str], Counter[str]]
"""Every value sent, as text, with how many replies came to it, by stage and parameter."""


def sent_parameters(folder: Path) -> Sent:
    """Return what was sent in a run, without folders and servers; empty where its store is missing or broken."""
    path, found = folder / STORE, Sent()
    if odd_kind(path) is not None or not path.is_file():
        return found
    try:
        with reading(path) as connection:
            rows = connection.execute(QUERY).fetchall()
        for stage, decoding, fingerprint, model, count in rows:
            values = public({"model": json.loads(fingerprint), **json.loads(decoding), SERVED: model})
            if schema := (values.get("extra") or {}).get(SCHEMA):
                values["extra"][SCHEMA] = json.dumps(schema)  # one value, and not a dozen rows
            for name, value in leaves(values):
                if value not in (None, [], {}):
                    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                    found.setdefault((stage, name), Counter())[text] += count
    except (RunFolderError, ValueError):
        return {}
    return found
