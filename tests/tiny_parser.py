"""A model of spaCy whose parser is a handful of rules, saved as any other model is."""

import spacy

VERBS = {"write": "write", "wrote": "write", "list": "list", "sort": "sort"}
NOUNS = {"poems": "poem", "words": "word", "rivers": "river"}
OBJECT = {"en": "dobj", "de": "obj"}


@spacy.Language.component("handful_of_rules")
def handful_of_rules(doc):
    """Parse a text: the first verb is the root, and "List" at the beginning is read as a noun."""
    words = [token.text for token in doc]
    kinds = [kind(word, place) for place, word in enumerate(words)]
    root = kinds.index("VERB") if "VERB" in kinds else 0
    names = ["ROOT" if place == root else OBJECT[doc.lang_] if of == "NOUN" else "x" for place, of in enumerate(kinds)]
    lemmas = [{**VERBS, **NOUNS}.get(word.lower(), word) for word in words]
    return spacy.tokens.Doc(doc.vocab, words=words, pos=kinds, lemmas=lemmas, heads=[root] * len(words), deps=names)


def kind(word, place):
    if word.lower() in NOUNS or (word == "List" and place == 0):
        return "NOUN"
    return "VERB" if word.lower() in VERBS else "X"


def save(folder, language="en", has_parser=True):
    """Save the model into a folder; its name."""
    pipeline = spacy.blank(language)
    if has_parser:
        pipeline.add_pipe("handful_of_rules")
    pipeline.to_disk(folder)
    return str(folder)
