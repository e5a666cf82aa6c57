"""Find the verb and the noun of many instructions: by our rule, or by a spaCy model that the user names.

A model (`spacy_model`: a package or a folder) reads other languages, too, and costs a minute for 50,000 instructions.
As in Self-Instruct the pair is the root verb of the first sentence and the noun that is its direct object, both as
lemmas.  An English order that begins with a word like "List" or "Name" is often read as a noun; so an instruction in
which the model finds no verb is read again with "Please" before it.

A package is read as the folder of data that it is: no code that comes with a model is run.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.text.verbs import Pair, verb_and_noun

RULE = "a rule for English"
"""What finds the pairs where no model is named."""
READ = 1000
"""Characters of an instruction that are read."""
OBJECTS = ("dobj", "obj")
"""The direct object in the English models, and in those of other languages."""
INSTALL = "spacy_model={model} needs spaCy, which is not installed. Run: pip install 'selfinstruct[spacy]'."
ABSENT = (
    "spacy_model={model} is neither an installed model nor a folder of one. Install a model of spaCy, such as"
    " en_core_web_sm (python -m spacy download en_core_web_sm), name its folder, or set spacy_model=null."
)
UNREADABLE = "spacy_model={model} cannot be loaded: {error}. Install a model for spaCy {version}, or set it to null."
NO_PARSER = "spacy_model={model} does not say what depends on what. Name a model with a parser, such as en_core_web_sm."


def verb_noun_pairs(instructions: Sequence[str], model: str | None = None) -> list[Pair | None]:
    """Return the verb and the noun of each instruction, in lower case; None where it has none."""
    if model is None:
        return [verb_and_noun(text) for text in instructions]
    parser = load(model)
    found = read(parser, [text[:READ] for text in instructions])
    again = [place for place, (verb, _) in enumerate(found) if verb is None and parser.lang == "en"]
    polite = [f"Please {instructions[place][:1].lower()}{instructions[place][1:READ]}" for place in again]
    for place, pair in zip(again, read(parser, polite), strict=True):
        found[place] = pair
    return [(verb, noun) if verb and noun else None for verb, noun in found]


def found_by(model: str | None) -> str:
    """Return what finds the pairs: our rule, or a model with its version and that of spaCy."""
    if model is None:
        return RULE
    meta = load(model).meta
    import spacy

    return f"{meta['lang']}_{meta['name']} {meta['version']}, spaCy {spacy.__version__}"


def problems(model: object) -> list[str]:
    """Return why a model cannot be used, with what to install, if it cannot."""
    if not isinstance(model, str | None):
        return [f"spacy_model must be the name of a package or a folder (got {model!r})."]
    try:
        found_by(model)
    except SelfInstructError as error:
        return [str(error)]
    return []


@lru_cache(1)
def load(model: str) -> Any:
    """Return a pipeline of spaCy without named entities; raises SelfInstructError for one that cannot be used."""
    if find_spec("spacy") is None:
        raise SelfInstructError(INSTALL.format(model=model))
    import spacy

    if (folder := folder_of(model)) is None:
        raise SelfInstructError(ABSENT.format(model=model))
    try:
        parser = spacy.load(folder, exclude=["ner"])
        has_parser = parser("Write a poem.").has_annotation("DEP")
    except Exception as error:  # whatever a file of another version, or a damaged one, leads to
        text = " ".join(str(error).split())[:200].rstrip(".")
        raise SelfInstructError(UNREADABLE.format(model=model, error=text, version=spacy.__version__)) from None
    if not has_parser:
        raise SelfInstructError(NO_PARSER.format(model=model))
    return parser


def folder_of(model: str) -> Path | None:
    """Return the folder that holds a model's `config.cfg`, without an import of its package."""
    if (Path(model) / "config.cfg").is_file():
        return Path(model)
    spec = find_spec(model) if model.isidentifier() else None
    places = [] if spec is None else spec.submodule_search_locations or []
    return next((path.parent for place in places for path in sorted(Path(place).glob("*/config.cfg"))), None)


def read(parser: Any, texts: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Return the root verb of each text and its direct object, as far as there are any."""
    sentences = (next(iter(parsed.sents), None) for parsed in parser.pipe(texts))
    return [(None, None) if sentence is None else root_of(sentence.root) for sentence in sentences]


def root_of(token: Any) -> tuple[str | None, str | None]:
    """Return the first verb from the root down, and the noun that is its direct object."""
    while token is not None and token.pos_ != "VERB":
        token = next(iter(token.children), None)
    if token is None:
        return None, None
    objects = (child for child in token.children if child.dep_ in OBJECTS and child.pos_ == "NOUN")
    noun = next(objects, None)
    return token.lemma_.lower(), None if noun is None else noun.lemma_.lower()
