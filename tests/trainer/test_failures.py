"""What goes wrong in the libraries, as one sentence."""

import errno
import os

import pytest

from selfinstruct.errors import SelfInstructError, UnwritableError
from selfinstruct.trainer.failures import explained, not_adapted, not_loaded


class OutOfMemoryError(RuntimeError):
    """Of this name, as torch's own."""


class SafetensorError(Exception):
    """Of this name, as that of safetensors."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate"
        ),
        RuntimeError("MPS backend out of memory"),
        RuntimeError("std::bad_alloc"),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
    ],
)
def test_too_little_memory_names_the_device_and_the_keys_to_change(error, tmp_path):
    with pytest.raises(SelfInstructError, match=r"The GPU has not enough memory.*trainer\.batch_size lower"):  # noqa: SIM117
        with explained(tmp_path, "The GPU"):
            raise error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        OSError(errno.EFBIG, os.strerror(errno.EFBIG)),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        SafetensorError("Error while serializing: I/O error: File too large (os error 27)"),
        RuntimeError("[enforce fail at inline_container.cc:815] . PytorchStreamWriter failed writing file data/3"),
    ],
)
def test_a_full_disk_names_the_folder_and_what_to_do(error, tmp_path):
    with pytest.raises(UnwritableError) as caught:  # noqa: SIM117
        with explained(tmp_path, "The CPU"):
            raise error

    assert str(caught.value).startswith(f"{tmp_path} cannot be written")
    assert "Free disk space" in str(caught.value)


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "Permission denied"), ValueError("a bug"), KeyboardInterrupt()]
)
def test_all_other_errors_stay_as_they_are(error, tmp_path):
    with pytest.raises(type(error)) as caught:  # noqa: SIM117
        with explained(tmp_path, "The CPU"):
            raise error

    assert caught.value is error


def test_the_first_line_says_why_a_model_cannot_be_loaded():
    error = OSError("\nWe couldn't connect to the hub.\nCheck your internet connection.")

    assert str(not_loaded("a/model", error)).startswith(
        "trainer.base_model=a/model cannot be loaded: We couldn't connect to the hub. Name a folder"
    )


def test_an_error_without_words_is_named():
    assert "cannot be applied to trainer.base_model=a/model: KeyError. Set" in str(not_adapted("a/model", KeyError()))
