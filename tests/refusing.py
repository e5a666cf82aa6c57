"""A system that refuses certain calls, as a failing disk or a file system without locks does.

    python tests/refusing.py 'fsync,fdatasync=EIO' program.py words…

The kernel itself gives the error, by a filter that this process lays over its own calls before it runs the program;
nothing in Python or in the libraries is changed.  The words `locks=ENOLCK` refuse to lock a part of a file.
"""

import ctypes
import errno
import platform
import runpy
import struct
import sys

CALLS = {
    "x86_64": {"fcntl": 72, "fsync": 74, "fdatasync": 75},
    "aarch64": {"fcntl": 25, "fsync": 82, "fdatasync": 83},
}
SET_LOCK = 6
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
REFUSE, ALLOW = 0x00050000, 0x7FFF0000
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
CAN_REFUSE = sys.platform == "linux" and platform.machine() in CALLS


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse(number, error, argument=None):
    """From now on, give an error for a call; only with this second argument, where one is given."""
    steps = [(LOAD, 0, 0, 0), (JUMP_IF_EQUAL, 0, 1 if argument is None else 3, number)]
    if argument is not None:
        steps += [(LOAD, 0, 0, 24), (JUMP_IF_EQUAL, 0, 1, argument)]
    steps += [(RETURN, 0, 0, REFUSE | error), (RETURN, 0, 0, ALLOW)]
    program = Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.prctl(SECCOMP, FILTER, ctypes.byref(program)):
        raise OSError(ctypes.get_errno(), "no filter can be laid over the calls")


def refuse_all(words):
    """Refuse what the words say: `fsync,fdatasync=EIO`, or `locks=ENOLCK`."""
    names, _, error = words.partition("=")
    calls = CALLS[platform.machine()]
    for name in names.split(","):
        if name == "locks":
            refuse(calls["fcntl"], getattr(errno, error), SET_LOCK)
        else:
            refuse(calls[name], getattr(errno, error))


if __name__ == "__main__":
    refuse_all(sys.argv[1])
    sys.argv = sys.argv[2:]
    runpy.run_path(sys.argv[0], run_name="__main__")
