"""Trainings in processes of their own, forked off one that has the libraries loaded, and killed where a test says.

A process kills itself with SIGKILL at its n-th operation on a file of the run folder: so every moment can be had, and
none has to be waited for.  What it cannot see are writes of compiled code, which lie between two such operations.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WRITING = ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "os.truncate")
LIBRARIES = ("torch", "transformers", "trl", "peft", "datasets", "safetensors.torch")


@dataclass
class Ended:
    """How a training ended."""

    code: int
    """Negative for a signal."""
    text: str
    """What it printed."""
    operations: int = 0
    """On files of the run folder."""
    checkpoints: int = 0
    """The most that were on disk at a time."""


class Trainings:
    """Starts trainings, one at a time."""

    def __init__(self):
        environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def begin(self, folder, **what):
        """Start a training; `ended` waits for it."""
        self.ask({**what, "folder": str(folder)})

    def ended(self):
        """Return how the training that was started has ended."""
        return Ended(**json.loads(self.process.stdout.readline()))

    def run(self, folder, **what):
        """Run a training to its end."""
        self.begin(folder, **what)
        return self.ended()

    def ask(self, what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()


def serve():
    """Fork a process for each line that is read."""
    for name in LIBRARIES:
        __import__(name)
    for line in sys.stdin:
        what = json.loads(line)
        said, note = Path(f"{what['folder']}.said"), Path(f"{what['folder']}.note")
        note.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            code = 70
            try:
                with said.open("wb") as file:
                    os.dup2(file.fileno(), 1)
                    os.dup2(file.fileno(), 2)
                code = work(what, note)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found = json.loads(note.read_text()) if note.exists() else {}
        print(json.dumps({"code": code, "text": said.read_text(errors="replace"), **found}), flush=True)


def work(what, note):
    """Train as a test says, and return the exit code."""
    folder = Path(what["folder"])
    watch = Watch(folder, note, what.get("kill"))
    try:
        return worked(what, folder)
    finally:
        watch.write()


def worked(what, folder):
    for name, value in what.get("limits", {}).items():
        import resource

        resource.setrlimit(getattr(resource, name), (value, value))
    if "words" in what:
        return command(what["words"], what.get("at", str(folder.parent)))
    from selfinstruct.trainer import Training

    os.chdir(folder.parent)
    folder.mkdir(exist_ok=True)
    trainer = made(what["trainer"])
    training = Training(dataset=Path(what["dataset"]), folder=folder, random_seed=what.get("random_seed", 1))
    if problems := trainer.problems(training):
        print("\n".join(problems))
        return 1
    trainer.train(training)
    return 0


def made(values):
    from selfinstruct.cli.build import make

    problems = []
    trainer = make(values, "trainer", problems)
    assert problems == []
    return trainer


def command(words, folder):
    """Run the program with words, as a command does."""
    import runpy

    os.chdir(folder)
    sys.argv = [str(ROOT / "run.py"), *words]
    sys.path.insert(0, str(ROOT))
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0


class Watch:
    """Counts the operations on files below a folder, and kills this process at one of them.

    `kill` is the number of an operation, or an event with the end of its path; None to count them all.
    """

    def __init__(self, folder, note, kill):
        self.folder, self.note, self.kill = str(folder), note, kill
        self.operations = self.checkpoints = 0
        sys.addaudithook(self.see)

    def see(self, event, arguments):
        if event not in WRITING or not self.is_ours(event, arguments):
            return
        self.operations += 1
        checkpoints = Path(self.folder, "checkpoints")
        names = os.listdir(checkpoints) if checkpoints.exists() else []
        self.checkpoints = max(self.checkpoints, len([name for name in names if name.startswith("checkpoint-")]))
        if self.operations == self.kill or self.is_at(event, arguments):
            self.write()
            os.kill(os.getpid(), signal.SIGKILL)

    def is_ours(self, event, arguments):
        if not isinstance(arguments[0], str | os.PathLike):
            return False
        if event == "open" and not is_written(arguments):
            return False
        within = event in ("os.remove", "os.rmdir") and arguments[-1] != -1  # a relative path, inside of shutil.rmtree
        return within or str(arguments[0]).startswith(self.folder + os.sep)

    def is_at(self, event, arguments):
        count = 1 if event == "open" else 2  # what follows the path of a file is its mode
        paths = [str(one) for one in arguments[:count] if isinstance(one, str | os.PathLike)]
        return isinstance(self.kill, list) and event == self.kill[0] and paths[-1].endswith(self.kill[1])

    def write(self):
        descriptor = os.open(self.note, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, json.dumps({"operations": self.operations, "checkpoints": self.checkpoints}).encode())
        os.close(descriptor)


def is_written(arguments):
    _, mode, flags = arguments
    return any(one in mode for one in "wax+") if isinstance(mode, str) else bool(flags & (os.O_WRONLY | os.O_RDWR))


if __name__ == "__main__":
    serve()
