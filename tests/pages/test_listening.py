import asyncio
import os
import signal
import socket

import pytest

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.listening import listening, stopped_by_signals
from selfinstruct.pages.server import serve


def test_a_port_in_use_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(SelfInstructError, match=rf"^Port {port} of 127.0.0.1 is in use .* view.port=<port>\.$"):
            serve([], "127.0.0.1", port, name="view")


def test_an_address_that_is_not_of_this_machine_is_a_sentence():
    with pytest.raises(SelfInstructError, match=r"^view.host=192.0.2.1 is not an address of this machine\.$"):
        serve([], "192.0.2.1", 0, name="view")


def test_port_0_lets_the_system_choose_one():
    with listening("127.0.0.1", 0, "view") as own:
        assert own.getsockname()[1] > 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_heard_while_the_server_is_at_work_and_what_it_did_before_is_restored(number):
    before = signal.getsignal(number)

    async def stopped():
        with stopped_by_signals() as stop:
            os.kill(os.getpid(), number)
            await asyncio.wait_for(stop.wait(), 60)

    asyncio.run(stopped())
    assert signal.getsignal(number) is before
