"""A server with the batch interfaces of OpenAI and Anthropic, on this machine."""

import json
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from servers import Server

USAGE = {"prompt_tokens": 100, "completion_tokens": 20}
ANTHROPIC_USAGE = {"input_tokens": 30, "cache_read_input_tokens": 70, "output_tokens": 20}


class Provider(Server):
    """Answers each prompt alone or in a batch, in the same words."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Calls)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.calls = []
        self.alone = []  # prompts that were sent outside of a batch
        self.batches = []  # the prompts of each batch, by name
        self.files = {}
        self.answer = lambda prompt: f"reply to {prompt}"
        self.looks = 1  # after how many looks a batch is over
        self.looked = {}
        self.is_failed = lambda prompt: False  # which requests fail in a batch
        self.most = None  # requests that may wait in a batch
        self.fault = None  # why every batch is refused
        self.outage = []  # statuses of the next answers
        self.busy = []  # paths of which the next answer is 429, to be asked again in a second
        self.after_upload = []  # statuses of the next answers after an upload
        self.created = lambda: None  # called when a batch is there, before its id is sent; an error closes the line
        self.of_file = {}  # the file of each batch
        self.is_listed = True
        self.page = 100  # batches that the list shows at once

    def state(self, number):
        """The batch as OpenAI describes it."""
        self.looked[number] = self.looked.get(number, 0) + 1
        asked = self.batches[number]
        found = {"id": f"batch_{number}", "object": "batch"}
        code = "token_limit_exceeded" if self.most is not None and len(asked) > self.most else None
        if code or self.fault:
            error = {"code": code, "message": self.fault or "Enqueued token limit reached."}
            return found | {"status": "failed", "errors": {"object": "list", "data": [error]}}
        if self.looked[number] <= self.looks:
            return found | {
                "status": "in_progress",
                "request_counts": {"total": len(asked), "completed": 0, "failed": 0},
            }
        files = {"output_file_id": f"out_{number}", "error_file_id": f"err_{number}"}
        return found | {"status": "completed", **files}

    def listed(self, after, prefix):
        """A page of the batches, the newest first."""
        numbers = range(len(self.batches) - 1 if after is None else int(after.removeprefix(prefix)) - 1, -1, -1)
        shown = [self.entry(number, prefix) for number in numbers[: self.page]]
        return {"object": "list", "data": shown, "has_more": len(numbers) > self.page}

    def entry(self, number, prefix):
        """A batch as the lists show it."""
        if prefix == "batch_":
            return {"id": f"batch_{number}", "input_file_id": self.of_file[number]}
        is_over = self.state(number)["status"] == "completed"
        counts = {"processing": 0, "succeeded": 0} | {
            "succeeded" if is_over else "processing": len(self.batches[number])
        }
        status = "ended" if is_over else "in_progress"
        times = {"created_at": datetime.now(UTC).isoformat(), "archived_at": None}
        return {"id": f"{prefix}{number}", "processing_status": status, "request_counts": counts, **times}

    def lines(self, number, *, failed):
        """The file of replies, or of errors."""
        found = []
        for name, prompt in self.batches[number].items():
            if self.is_failed(prompt) != failed:
                continue
            body = {"error": {"message": "overloaded"}} if failed else self.reply(prompt)
            status = 503 if failed else 200
            found.append({"custom_id": name, "response": {"status_code": status, "body": body}, "error": None})
        return "\n".join(map(json.dumps, reversed(found)))  # the order is not that of the requests

    def reply(self, prompt):
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": self.answer(prompt)}}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 1,
            "model": "m-1",
            "choices": [choice],
            "usage": USAGE,
        }

    def results(self, number):
        """The replies as Anthropic gives them."""
        found = []
        for name, prompt in self.batches[number].items():
            content = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": self.answer(prompt)}]
            message = {"model": "m-1", "content": content, "stop_reason": "end_turn", "usage": ANTHROPIC_USAGE}
            result = {"type": "errored"} if self.is_failed(prompt) else {"type": "succeeded", "message": message}
            found.append({"custom_id": name, "result": result})
        return "\n".join(map(json.dumps, found))


class Calls(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._handle(b"")

    def do_POST(self):
        self._handle(self.rfile.read(int(self.headers["Content-Length"])))

    def _handle(self, content):
        with suppress(ConnectionError):
            self._answer(content)
            return
        self.close_connection = True

    def _answer(self, content):
        provider, address = self.server, urlsplit(self.path.removeprefix("/v1"))
        path, asked = address.path, dict(parse_qsl(address.query))
        provider.calls.append((self.command, path, dict(self.headers)))
        if provider.outage:
            self._send(json.dumps({"error": {"message": "no"}}), provider.outage.pop(0))
        elif path in provider.busy:
            provider.busy.remove(path)
            self._send(json.dumps({"error": {"message": "no"}}), 429, {"Retry-After": "1"})
        elif path == "/files":
            lines = [json.loads(line) for line in content.splitlines() if line.startswith(b'{"custom_id"')]
            name = f"file_{len(provider.files)}"
            provider.outage += provider.after_upload
            provider.after_upload = []
            provider.files[name] = {line["custom_id"]: line["body"]["messages"][-1]["content"] for line in lines}
            self._send(json.dumps({"id": name}))
        elif self.command == "GET" and path in ("/batches", "/messages/batches"):
            if not provider.is_listed:
                self._send(json.dumps({"error": {"message": "no"}}), 405)
            elif path == "/batches":
                self._send(json.dumps(provider.listed(asked.get("after"), "batch_")))
            else:
                self._send(json.dumps(provider.listed(asked.get("after_id"), "msgbatch_")))
        elif path == "/batches":
            file = json.loads(content)["input_file_id"]
            provider.of_file[len(provider.batches)] = file
            provider.batches.append(provider.files[file])
            provider.created()
            self._send(json.dumps({"id": f"batch_{len(provider.batches) - 1}"}))
        elif path == "/messages/batches":
            asked = json.loads(content)["requests"]
            provider.batches.append(
                {one["custom_id"]: words(one["params"]["messages"][-1]["content"]) for one in asked}
            )
            provider.created()
            self._send(json.dumps({"id": f"msgbatch_{len(provider.batches) - 1}"}))
        elif self.command == "POST":
            prompt = json.loads(content)["messages"][-1]["content"]
            provider.alone.append(prompt)
            self._send(json.dumps(provider.reply(prompt)))
        else:
            self._look(path)

    def _look(self, path):
        provider, number = self.server, int("".join(filter(str.isdigit, path)))
        if number >= len(provider.batches):
            self._send(json.dumps({"error": {"message": "no such batch"}}), 404)
        elif path.endswith("/content"):
            self._send(provider.lines(number, failed="err_" in path))
        elif path.endswith("/results"):
            self._send(provider.results(number))
        elif path.startswith("/messages/"):
            is_over = provider.state(number)["status"] == "completed"
            self._send(json.dumps({"id": "x", "processing_status": "ended" if is_over else "in_progress"}))
        else:
            self._send(json.dumps(provider.state(number)))

    def _send(self, text, status=200, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def words(content):
    """The text of a message of Anthropic's, which may be in parts."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@contextmanager
def provided():
    """Such a server, while it runs."""
    with Provider() as provider:
        thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
