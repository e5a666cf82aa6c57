"""Where a training computes, and in what numbers."""

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer.devices import Device, check_count, device_of, precision_on

CPU, OLD, NEW, MAC = Device("cpu"), Device("cuda", has_bfloat16=False), Device("cuda"), Device("mps")


@pytest.mark.parametrize(
    ("device", "asked", "precision"),
    [
        (CPU, "auto", "float32"),
        (OLD, "auto", "float32"),
        (NEW, "auto", "bfloat16"),
        (MAC, "auto", "float32"),
        (CPU, "bfloat16", "bfloat16"),
        (NEW, "bfloat16", "bfloat16"),
        (OLD, "float16", "float16"),
        (NEW, "float32", "float32"),
    ],
)
def test_the_precision_follows_from_the_device_and_what_is_asked(device, asked, precision):
    assert precision_on(device, asked) == precision


def test_bfloat16_is_refused_where_the_gpu_lacks_it():
    with pytest.raises(SelfInstructError, match=r"Set trainer\.precision=float16 or float32\."):
        precision_on(OLD, "bfloat16")


def test_float16_is_refused_on_a_cpu():
    with pytest.raises(SelfInstructError, match=r"trainer\.precision=float16 needs a GPU"):
        precision_on(CPU, "float16")


def test_several_gpus_in_one_process_are_refused_with_the_command_to_use_them_all():
    with pytest.raises(SelfInstructError, match="accelerate launch --num_processes 4 -m selfinstruct"):
        check_count(Device("cuda", count=4), processes=1)


def test_several_gpus_with_a_process_for_each_are_accepted():
    check_count(Device("cuda", count=4), processes=4)
    check_count(Device("cuda"), processes=1)
    check_count(CPU, processes=1)


def test_the_cpu_is_taken_where_it_is_asked_for():
    pytest.importorskip("torch", reason="the extra 'train' is not installed")

    assert device_of("cpu") == CPU
