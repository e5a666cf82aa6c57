import asyncio
from email import message_from_bytes

import pytest

from selfinstruct.pages.guard import HEADERS, Guard
from selfinstruct.pages.listening import listening
from selfinstruct.pages.server import answering, application


async def answer_to(request):
    """What the local server answers to bytes."""
    with listening("127.0.0.1", 0, "view") as own:
        guard = Guard(host="127.0.0.1", port=own.getsockname()[1])
        server = asyncio.create_task(answering(application([]), own, guard))
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
            writer.write(request)
            return await reader.read()
        finally:
            writer.close()
            server.cancel()


@pytest.mark.parametrize("request_", [b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", b"\x16\x03\x01 hello\r\n\r\n"])
def test_what_is_no_request_gets_the_policy_as_well(request_):
    status, _, rest = asyncio.run(answer_to(request_)).partition(b"\r\n")

    assert status.split()[1] == b"400"
    assert HEADERS.items() <= dict(message_from_bytes(rest)).items()
