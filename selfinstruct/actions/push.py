"""Upload a capsule to the Hugging Face hub, as a dataset.

The hub gets the card, the dataset, the citations and the whole capsule as a zip.  Publishing cannot be taken back, so a
push is a dry run by default, a new repository is private, and the files are searched for keys again.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from selfinstruct.actions.capsule import FOLDER, ZIP, Capsule, leaks
from selfinstruct.actions.publication.archive import DATASET, MANIFEST, opened, pack
from selfinstruct.errors import RunFolderError, SelfInstructError
from selfinstruct.model.settings import key_in
from selfinstruct.part import part

if TYPE_CHECKING:
    from selfinstruct.run import Run

ENDPOINT = "https://huggingface.co"
SHOWN = ("README.md", "CITATION.cff", "citation.bib", "methods.md", "hyperparameters.tex", "provenance.json")
"""The files of a capsule that are uploaded besides its zip, so that the hub shows them."""
LONGEST = 500
"""The most characters of the hub's message."""
INSTALL = "push needs huggingface_hub: pip install 'selfinstruct[hub]'"


@part
class Push:
    """Uploads dataset, card and capsule."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    repo: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None
    """The repository, as `<user or organization>/<name>`."""
    private: bool
    """Whether a new repository is visible to you alone."""
    dry_run: bool
    """Whether to print what would be uploaded, and upload nothing."""
    token_env: str
    """The environment variable that holds the token."""
    harmless: list[str]
    """Fingerprints of texts that look like a secret and are not."""

    def problems(self, run: "Run") -> list[str]:
        """Report a missing repository, capsule, token or library."""
        found = [] if self.repo else ["push.repo must be set: push.repo=<user>/<name>."]
        will_write = any(isinstance(action, Capsule) for action in run.actions.values())
        if not will_write and not (run.start.folder / FOLDER / MANIFEST).is_file():
            found.append(
                f"{run.start.folder} holds no capsule. Write one: actions=[capsule,push] hydra.run.dir=<folder>."
                " A run that asks no model has none: upload its dataset/ yourself."
            )
        if self.dry_run:
            return found
        if not key_in(self.token_env):
            found.append(f"The environment variable {self.token_env} is not set; the hub needs its token there.")
        try:
            import huggingface_hub  # noqa: F401
        except ImportError:
            found.append(INSTALL)
        return found

    def __call__(self, run: "Run") -> None:
        """Upload, or print what would be uploaded; raises RunFolderError for a capsule that must not be published."""
        folder, path = run.start.folder / FOLDER, run.start.folder / ZIP
        pack(folder, path)
        with opened(path) as capsule:
            names = [name for name in (*SHOWN, *capsule.dataset) if name in SHOWN or DATASET.fullmatch(name)]
        if found := leaks(folder, self.harmless):
            raise RunFolderError("\n".join(["Nothing is uploaded, since it would publish a secret.", *found]))
        files = {name: folder / name for name in names} | {ZIP: path}
        if self.dry_run:
            print(self._plan(files), flush=True)  # noqa: T201
        else:
            self._upload(files)
            print(f"Uploaded to {self._endpoint}/datasets/{self.repo}", flush=True)  # noqa: T201

    @property
    def _endpoint(self) -> str:
        return os.environ.get("HF_ENDPOINT", "").rstrip("/") or ENDPOINT

    def _plan(self, files: dict[str, Path]) -> str:
        """Return what would be uploaded, and where."""
        lines = [f"  {name}  {path.stat().st_size:,} bytes" for name, path in files.items()]
        where = f"{self._endpoint}/datasets/{self.repo} ({'private' if self.private else 'public'} if it is new)"
        return "\n".join([f"Dry run: nothing is uploaded. With push.dry_run=false these files go to {where}:", *lines])

    def _upload(self, files: dict[str, Path]) -> None:
        """Upload in one commit; raises SelfInstructError where the hub refuses."""
        from huggingface_hub import CommitOperationAdd, HfApi

        assert self.repo is not None
        token = key_in(self.token_env) or ""
        hub = HfApi(endpoint=self._endpoint, token=token)
        operations = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=path) for name, path in files.items()]
        try:
            hub.create_repo(self.repo, repo_type="dataset", private=self.private, exist_ok=True)
            hub.create_commit(self.repo, operations, commit_message="Add dataset and capsule", repo_type="dataset")
        except Exception as error:  # of HTTP, of the hub, of the network: shown in a line, without the token
            reason = reason_of(error).replace(token, "***")
            is_forbidden = reason.startswith(("HTTP 401", "HTTP 403"))
            remedy = f" Check that the token in {self.token_env} may write to push.repo." if is_forbidden else ""
            raise SelfInstructError(f"{self._endpoint} did not accept {self.repo}: {reason}.{remedy}") from None


def reason_of(error: Exception) -> str:
    """Return why the hub refused, in one line: the status, and the hub's own words where it says any."""
    if (response := getattr(error, "response", None)) is None:
        return " ".join((str(error) or type(error).__name__).split())[:LONGEST]
    said = getattr(error, "server_message", None) or "without the hub's own words"
    return f"HTTP {response.status_code}, {' '.join(str(said).split())}"[:LONGEST].rstrip(".")
