import asyncio

import pytest

from selfinstruct.errors import ModelError, RunFolderError
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.patience import Patience
from selfinstruct.model.secrets import Secrets


def called(*errors, deadline=None, before=()):
    """What comes of a call that fails with some errors, after another one."""
    patience, left = Patience(deadline, Secrets()), [*before, None, *errors] if before else list(errors)

    async def call():
        if left and (error := left.pop(0)):
            raise error
        return len(left)

    async def calls():
        if before:
            await patience.result(call)
        return await patience.result(call)

    return asyncio.run(calls())


def failure(status, **headers):
    return ReplyError(status, "no", {"status": str(status), **headers})


def unreached():
    return ConnectionRefusedError("refused")


def test_a_fault_that_may_pass_is_waited_out():
    assert called(failure(503), failure(500), TimeoutError()) == 0


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_a_refusal_is_final(status):
    with pytest.raises(ModelError, match=f"HTTP {status}, no"):
        called(failure(status))


def test_the_deadline_counts_from_the_first_failure():
    with pytest.raises(ModelError, match="HTTP 503"):
        called(failure(503), failure(503, **{"Retry-After": "30"}), deadline=5)


def test_a_server_that_never_answered_is_soon_given_up():
    with pytest.raises(ModelError, match="refused"):
        called(*[unreached() for _ in range(2)])
    assert called(*[unreached() for _ in range(3)], before=[unreached()]) == 0


def test_an_error_of_the_program_is_raised_as_it_is():
    with pytest.raises(RunFolderError, match="disk full"):
        called(RunFolderError("disk full"))
