"""Take the words of a published prompt from the user's own copy of a repository.

Prompts of other authors are not ours to ship, and a replication needs their very words.  A prompt's YAML names the file
and the place in it (`${published:<folder>,<file>,<name>}`).  Python files are parsed and never executed.  A config may
come from a stranger, and what it reads ends up in prompts, so only the files below can be read.
"""

import ast
from pathlib import Path

FILES = (
    "prompt.txt",  # github.com/tatsu-lab/stanford_alpaca
    "self_instruct/bootstrap_instructions.py",  # github.com/yizhongw/self-instruct
    "self_instruct/templates/clf_task_template.py",
    "self_instruct/templates/instance_gen_template.py",
    "Evol_Instruct/breadth.py",  # github.com/nlpxucan/WizardLM
    "Evol_Instruct/depth.py",
    "Evol_Instruct/openai_access.py",
)
"""The files of published repositories that prompts may be taken from."""


def published(folder: str | None, file: str, name: str | None = None, place: int = 0) -> str:
    """Return a file of a repository, or the nth text of a variable or function; raises ValueError without it."""
    if folder is None:
        raise ValueError("set published=<folder>, your copy of the repository that the YAML of the prompt names")
    if file not in FILES:
        raise ValueError(f"{file!r} is not a file of published prompts; there are: {', '.join(FILES)}")
    path = Path(folder).expanduser() / file
    try:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text) if name is not None else None
    except (OSError, ValueError, SyntaxError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{path} cannot be read ({reason}); published=<folder> must be a copy of the repository"
        raise ValueError(message) from None
    if tree is None:
        return text
    found = _texts(tree, str(name))
    if place >= len(found):
        raise ValueError(f"{path} has no text number {place} at {name}: it is not the published version of the file")
    return found[place]


def _texts(tree: ast.Module, name: str) -> list[str]:
    """Return the literal texts that a module-level name stands for, in the order written."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            has_docstring = ast.get_docstring(node) is not None
            return _literals(node.body[1:] if has_docstring else node.body)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return _literals([node])
    return []


def _literals(nodes: list[ast.stmt]) -> list[str]:
    inside_f_strings = {
        id(part)
        for node in nodes
        for joined in ast.walk(node)
        if isinstance(joined, ast.JoinedStr)
        for part in joined.values
    }
    found = [
        (part.lineno, part.col_offset, part.value)
        for node in nodes
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in inside_f_strings
    ]
    return [text for _, _, text in sorted(found)]
