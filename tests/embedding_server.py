"""A server on this machine that embeds texts by OpenAI's protocol, as they are spelled, and notes what it is asked."""

import json
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler

from servers import Server

from selfinstruct.embedder.offline import hashed


@contextmanager
def serving(statuses=(), reply=None, watch=lambda count: None):
    """Serve until the end of the block; the first attempts get these statuses, and the others `reply` or a vector.

    `watch` is called with the number of each request before it is answered.
    """
    left, asked = list(statuses), []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append((self.path, body))
            watch(len(asked))
            status = left.pop(0) if left else 200
            text = body["input"] if isinstance(body["input"], str) else body["input"][0]
            vector = {"object": "embedding", "index": 0, "embedding": [float(number) for number in hashed(text)]}
            usage = {"prompt_tokens": 7, "total_tokens": 7}
            good = {"object": "list", "data": [vector], "model": "served-1", "usage": usage}
            self.send(status, (reply or good) if status == 200 else {"error": {"message": f"no: {status}"}})

        def send(self, status, body):
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(OSError):  # the client was killed
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
