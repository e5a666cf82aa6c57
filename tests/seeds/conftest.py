"""Files of seeds, and what is reported of bad ones."""

import json

import pytest

from selfinstruct.errors import DataError
from selfinstruct.seeds.conversation import Conversation


@pytest.fixture
def write(tmp_path):
    """Write rows, or texts as they are, as lines or as one list."""

    def write(*rows, as_list=False, name="seeds"):
        path = tmp_path / name
        texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        joined = ",\n".join(texts)
        path.write_text(f"[\n{joined}\n]" if as_list else "\n".join(texts), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def conversation(composed):
    """The conversations of a file in one of the formats that have a YAML."""

    def conversation(format_, path, **keys):
        words = composed(f"seeds={format_}", "seeds.path=x")["seeds"]
        del words["_target_"]
        return Conversation(**words | keys | {"path": path})

    return conversation


@pytest.fixture
def problems_of():
    """Everything that is reported of bad seeds, without the path that each line begins with."""

    def problems_of(seeds):
        with pytest.raises(DataError) as error:
            seeds.load()
        return [text.replace(f"{seeds.path}", "") for text in error.value.problems]

    return problems_of
