"""The server that tests answer from, with a thread for each connection; and the settings of a model behind it."""

import _thread
from http.server import ThreadingHTTPServer

from selfinstruct.model.settings import Price

SETTINGS = {
    "mode": "chat",
    "key_env": None,
    "key_required": False,
    "concurrency": 4,
    "requests_per_minute": None,
    "tokens_per_minute": None,
    "timeout_seconds": 60,
    "deadline_seconds": None,
    "attempts": 3,
    "price": Price(prompt=None, completion=None),
    "store": None,
    "extra": {},
}
"""The values of a model behind a network, its name and address aside."""


class Server(ThreadingHTTPServer):
    """Start each thread below `threading`, so that coverage does not trace it.

    Two threads that install their trace functions at one moment make Python 3.11 fail in one of them, and a connection
    whose thread failed is closed without a reply.
    """

    daemon_threads = True

    def process_request(self, request, client_address):
        """Answer in a thread of its own."""
        _thread.start_new_thread(self.process_request_thread, (request, client_address))
