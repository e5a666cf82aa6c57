"""The server that tests answer from: a thread for each connection."""

import _thread
from http.server import ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """Start each thread below `threading`, so that coverage does not trace it.

    Two threads that install their trace functions at one moment make Python 3.11 fail in one of them, and a connection
    whose thread failed is closed without a reply.
    """

    daemon_threads = True

    def process_request(self, request, client_address):
        """Answer in a thread of its own."""
        _thread.start_new_thread(self.process_request_thread, (request, client_address))
